//! Scripts of keys that several tests begin with.

/// The way to the list of findings of Jane's request, everything taken as John gave it.
pub const TO_REVIEW: &str = "3n<right><tab><tab><tab><tab>jane@contoso.com<tab>Jane Miller\
                             <tab><tab><tab><tab><tab><enter><enter>";
/// From there to a plan.
pub const TO_PLAN: &str = "Eanother person<enter><enter><enter><enter> <tab><enter>";
/// From there to the confirmation, approved by Ben.
pub const TO_DELETION: &str = "@j<enter><enter><tab><enter><enter>";
