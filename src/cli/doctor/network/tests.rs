use super::*;
use crate::domain::shape::DoctorState;

const NOW: &str = "2026-12-08T08:55:00Z";

fn ways() -> Ways {
    Ways {
        network: Network::default(),
        proxy: None,
        now: NOW.parse().unwrap(),
        limit: Duration::from_secs(5),
    }
}

fn place(text: &str) -> Looked {
    Looked {
        url: Url::parse(text).unwrap(),
        tells_tenant: false,
    }
}

fn states(findings: &Findings) -> Vec<(&str, DoctorState)> {
    let rows = findings.rows().iter();
    rows.map(|row| (row.check.as_str(), row.state)).collect()
}

#[test]
fn a_clock_that_is_off_is_told_and_one_that_is_too_far_off_fails() {
    let one = |off| {
        let mut findings = Findings::default();
        judge_clock(off, "x.example", &mut findings);
        let row = findings.rows()[0].clone();
        (row.state, row.detail)
    };
    assert_eq!(one(-59).0, DoctorState::Ok);
    assert_eq!(one(60).0, DoctorState::Warn);
    let (state, detail) = one(-600);
    assert_eq!(state, DoctorState::Fail);
    assert!(
        detail.contains("10") && detail.contains("ahead of that of x.example"),
        "{detail}"
    );
    assert!(one(600).1.contains("behind"));
}

#[test]
fn a_certificate_that_ends_soon_is_told() {
    let one = |ends: &str| {
        let mut findings = Findings::default();
        let certificate = Certificate {
            issuer: "Contoso Root".to_owned(),
            ends_at: ends.parse().unwrap(),
        };
        ways().judge_tls(&place("https://x.example"), Some(&certificate), &mut findings);
        let row = findings.rows()[0].clone();
        (row.state, row.detail)
    };
    assert_eq!(one("2026-12-20T00:00:00Z").0, DoctorState::Warn);
    let (state, detail) = one("2027-12-20T00:00:00Z");
    assert_eq!(state, DoctorState::Ok);
    assert_eq!(
        detail,
        "trusted, issued by Contoso Root, until 2027-12-20T00:00:00Z"
    );
}

#[tokio::test]
async fn a_name_that_nobody_knows_fails_and_what_needs_it_is_skipped() {
    // A label of more than 63 letters is refused before any name server is asked.
    let host = format!("https://{}.invalid", "a".repeat(64));
    let address = Address {
        url: host.clone(),
        authority: format!("{host}/t"),
        tenant: "t".to_owned(),
        login: crate::config::Login::AzureCli,
    };
    let mut findings = Findings::default();
    assert!(!ways().look(&address, "entra", &mut findings).await);
    assert_eq!(
        states(&findings),
        [
            ("proxy", DoctorState::Ok),
            ("dns", DoctorState::Fail),
            ("connect", DoctorState::Skipped),
            ("tls", DoctorState::Skipped),
            ("clock", DoctorState::Skipped),
        ]
    );
    assert_eq!(findings.exit_code(), 8);
}

#[tokio::test]
async fn behind_a_proxy_the_name_is_left_to_it() {
    let with = Ways {
        proxy: Some(ProxyOf {
            address: "http://proxy.example:3128".to_owned(),
            by: "HTTPS_PROXY".to_owned(),
            beside: "own.example".to_owned(),
        }),
        ..ways()
    };
    let mut findings = Findings::default();
    assert!(
        with.resolves(&place("https://graph.invalid"), &mut findings)
            .await
    );
    with.proxies(
        &[place("https://graph.invalid"), place("https://x.own.example")],
        &mut findings,
    );
    let details: Vec<&str> = findings.rows().iter().map(|row| row.detail.as_str()).collect();
    assert_eq!(
        details,
        [
            "the proxy looks the name up",
            "http://proxy.example:3128, by HTTPS_PROXY; not for x.own.example"
        ]
    );
}

#[test]
fn a_tenant_that_is_not_known_is_a_failed_sign_in() {
    let one = |status| {
        let mut findings = Findings::default();
        let seen = Seen {
            status,
            date: None,
            certificate: None,
        };
        tenant(&seen, "t", "x.example", &mut findings);
        (findings.rows()[0].state, findings.exit_code())
    };
    assert_eq!(one(200), (DoctorState::Ok, 0));
    assert_eq!(one(400), (DoctorState::Fail, 4));
    assert_eq!(one(502), (DoctorState::Warn, 0));
}
