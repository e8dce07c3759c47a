//! The kinds of identifier a request can name: the model's vocabulary.

pub use crate::model::IdentifierType;

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in IdentifierType::ALL {
            assert_eq!(kind.to_string().parse::<IdentifierType>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("IPv4".parse::<IdentifierType>().unwrap(), IdentifierType::Ipv4);
        assert!("address".parse::<IdentifierType>().is_err());
    }
}
