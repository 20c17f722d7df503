//! A key inside an address, as people paste it: `?key=…`, `?api_key=…`, `https://me:key@host`.
//! Addresses are written into the settings file and shown; keys are neither.

use reqwest::Url;

/// The names that keys have in the query of an address, in small letters and without - and _.
const NAMES: [&str; 13] = [
    "key",
    "apikey",
    "xapikey",
    "xgoogapikey",
    "accesskey",
    "subscriptionkey",
    "token",
    "accesstoken",
    "authtoken",
    "apitoken",
    "authorization",
    "secret",
    "password",
];

/// What an address holds that does not belong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastedKey {
    /// The key.
    pub key: String,
    /// The address without it.
    pub address: String,
}

/// The key in an address as it was written, and the address without any; `None` where it has none.
#[must_use]
pub fn pasted_key(written: &str) -> Option<PastedKey> {
    let mut url = Url::parse(written.trim()).ok()?;
    let is_key = |name: &str| {
        let plain = name.to_ascii_lowercase().replace(['-', '_'], "");
        NAMES.contains(&plain.as_str())
    };
    let pairs = || url.query_pairs().filter(|(_, value)| !value.is_empty());
    let in_query = pairs()
        .find(|(name, _)| is_key(name))
        .map(|(_, value)| value.into_owned());
    let password = url.password().filter(|password| !password.is_empty());
    let user = Some(url.username()).filter(|user| !user.is_empty());
    let key = in_query
        .or_else(|| password.map(str::to_owned))
        .or_else(|| user.map(str::to_owned))?;
    let kept: Vec<String> = url
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !is_key(pair.split('=').next().unwrap_or_default()))
        .filter(|pair| !pair.is_empty())
        .map(str::to_owned)
        .collect();
    let query = kept.join("&");
    url.set_query((!query.is_empty()).then_some(query.as_str()));
    // Of an address with a host, as every one with such a part is, these cannot fail.
    let _ = url.set_username("").and(url.set_password(None));
    Some(PastedKey {
        key,
        address: url.into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::pasted_key;

    #[test]
    fn a_key_is_found_wherever_it_was_pasted_and_the_rest_of_the_address_stays() {
        for (written, key, address) in [
            (
                "https://a.example/v1?key=sk-1",
                "sk-1",
                "https://a.example/v1",
            ),
            (
                " https://a.example/v1?api-version=2&api_key=sk%2D1&x=%20 ",
                "sk-1",
                "https://a.example/v1?api-version=2&x=%20",
            ),
            ("https://a.example/?API-Key=k", "k", "https://a.example/"),
            (
                "https://me:sk-2@a.example/v1",
                "sk-2",
                "https://a.example/v1",
            ),
            ("https://sk-3@a.example/v1", "sk-3", "https://a.example/v1"),
            (
                "https://me:pw@a.example/v1?access_token=t",
                "t",
                "https://a.example/v1",
            ),
        ] {
            let found = pasted_key(written).unwrap();
            assert_eq!((found.key.as_str(), found.address.as_str()), (key, address));
        }
    }

    #[test]
    fn an_address_without_a_key_has_none() {
        for written in [
            "https://a.example/v1?api-version=2024-10-21",
            "https://a.example/key/v1",
            "https://a.example/v1?key=",
            "not an address",
            "",
        ] {
            assert_eq!(pasted_key(written), None, "{written}");
        }
    }
}
