//! Files inside files.
