//! The screens, a file each: what they show, what they read, what their keys do.

pub mod access;
pub mod answer_forms;
pub mod case;
pub mod case_forms;
pub mod case_tabs;
pub mod cases;
pub mod context;
pub mod deletion;
pub mod due;
pub mod form;
pub mod help;
pub mod hold_form;
pub mod log;
pub mod messages;
pub mod receipt;
pub mod request;
pub mod request_forms;
pub mod request_steps;
pub mod requests;
pub mod retention;
pub mod review;
pub mod signed_forms;
pub mod sweep;
pub mod transfer_forms;
pub mod words;
