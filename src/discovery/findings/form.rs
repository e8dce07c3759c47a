//! The form an identifier took: through which encodings a reader must look to see it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One layer between the bytes and the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    FileName,
    MemberName,
    Gzip,
    Bzip2,
    Xz,
    Zstd,
    Deflate,
    Pdf,
    Mail,
    Utf16,
    Legacy,
    Base64,
    QuotedPrintable,
    EncodedWord,
    Percent,
    JsonEscape,
    HtmlEntity,
    Backslash,
    XmlName,
    Utf7,
    Ansi,
    Hex,
    Numbers,
    Markup,
    Folded,
    Overstrike,
    Mojibake,
    Variant,
    Utf32,
    Uuencode,
    Binary,
}

impl Step {
    /// The name people see.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileName => "file name",
            Self::MemberName => "member name",
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Zstd => "zstd",
            Self::Deflate => "deflate",
            Self::Pdf => "pdf",
            Self::Mail => "mail",
            Self::Utf16 => "utf-16",
            Self::Legacy => "legacy encoding",
            Self::Base64 => "base64",
            Self::QuotedPrintable => "quoted-printable",
            Self::EncodedWord => "encoded word",
            Self::Percent => "percent-encoding",
            Self::JsonEscape => "json escape",
            Self::HtmlEntity => "html entity",
            Self::Backslash => "backslash escape",
            Self::XmlName => "xml name escape",
            Self::Utf7 => "utf-7",
            Self::Ansi => "colour codes",
            Self::Hex => "hex",
            Self::Numbers => "list of numbers",
            Self::Markup => "markup",
            Self::Folded => "folded lines",
            Self::Overstrike => "typed over",
            Self::Mojibake => "wrong charset",
            Self::Utf32 => "utf-32",
            Self::Uuencode => "uuencode",
            Self::Variant => "character variants",
            Self::Binary => "binary",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The layers from the outside in; none means plain text.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Form(Vec<Step>);

impl Form {
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// This form with one more layer inside it; the same layer twice in a row is one.
    pub(crate) fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        if steps.last() != Some(&step) {
            steps.push(step);
        }
        Self(steps)
    }

    pub(crate) fn with_all(&self, steps: impl IntoIterator<Item = Step>) -> Self {
        steps.into_iter().fold(self.clone(), |form, step| form.with(step))
    }
}

impl fmt::Display for Form {
    /// Innermost first: `json escape in base64 in gzip`; plain text is `text`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.pad("text");
        }
        let names: Vec<&str> = self.0.iter().rev().map(|step| step.as_str()).collect();
        f.pad(&names.join(" in "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_reads_from_the_inside_out() {
        assert_eq!(Form::default().to_string(), "text");
        let form = Form::default().with(Step::Gzip).with(Step::Utf16).with(Step::Utf16);
        assert_eq!(form.to_string(), "utf-16 in gzip");
    }
}
