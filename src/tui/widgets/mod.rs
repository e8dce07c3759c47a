//! Pieces that screens are made of: tables, prose, fields, and the frame around them.

pub mod area;
pub mod details;
pub mod field;
pub mod frame;
pub mod prose;
pub mod table;
