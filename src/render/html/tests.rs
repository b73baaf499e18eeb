//! The page: what stands in it, what is escaped, and that no row stays in memory.

use serde_json::json;

use super::*;

fn row(number: u64, name: &str, methods: &[&str], admin: bool) -> ReportRow {
    serde_json::from_value(json!({
        "profile": "local", "tenant": "t", "user": format!("user{number}@contoso.example"),
        "user_id": format!("id{number}"), "display_name": name, "enabled": true, "guest": false, "admin": admin,
        "mfa_registered": !methods.is_empty(), "mfa_capable": null, "passwordless_capable": null,
        "reset_registered": null, "default_method": methods.first(), "methods": methods, "grace_until": null,
        "as_of": "2026-12-08T08:00:00Z", "source": "report"
    }))
    .unwrap()
}

fn page(rows: &[ReportRow], with_people: bool) -> String {
    let spool = with_people.then(|| tempfile::tempfile().unwrap());
    let mut sheet = Sheet::begin(spool, &TimeZone::UTC).unwrap();
    let mut totals = Totals::default();
    for row in rows {
        totals.add(row);
        sheet.add(row).unwrap();
    }
    let about = About {
        profile: "local <b>",
        tenant: "t",
        told: "people of today",
        limits: "",
        made_at: "2026-12-08T08:55:00Z".parse().unwrap(),
    };
    let mut out = Vec::new();
    sheet.write(&about, &totals, "here", &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn sample() -> Vec<ReportRow> {
    vec![
        row(1, "Adele Vance", &["authenticator", "phone:mobile"], false),
        row(2, "Fen", &["phone:mobile", "email"], true),
        row(3, "Gita", &["passkey"], true),
        row(4, "<script>alert(1)</script>\"'&\u{202e}", &[], false),
    ]
}

#[test]
fn every_text_of_the_directory_is_escaped_and_nothing_is_loaded() {
    let html = page(&sample(), true);
    assert!(!html.contains("<script>alert"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    assert!(
        html.contains("\\u{202e}"),
        "a mark that turns text round is shown"
    );
    assert!(!html.contains("<b>"), "the name of a profile is text too");
    for loads in ["http://", "https://", "url(", "@import", " src=", " href="] {
        assert!(!html.contains(loads), "{loads} stands in the page");
    }
    assert_eq!(html.matches("<tr class").count(), 4);
    assert_eq!(html.matches("<script>").count(), 1);
}

#[test]
fn where_nobody_is_in_the_report_there_is_no_table_of_nobody() {
    let html = page(&[], true);
    assert!(
        !html.contains("id=\"people\"") && !html.contains("type=\"radio\""),
        "{html}"
    );
    // What nobody is in cannot be chosen.
    let html = page(&sample()[..1], true);
    assert_eq!(html.matches(" disabled>").count(), 3, "{html}");
    assert!(html.contains("id=\"show-all\" checked>"), "{html}");
}

#[test]
fn rows_of_many_people_are_data_in_which_nothing_ends_the_script() {
    let mut rows = vec![row(0, "</script><img src=x>\u{2028}<!--", &[], true)];
    rows.extend((1..=MOST_ROWS).map(|number| row(number, "Fen", &["phone:mobile"], false)));
    let html = page(&rows, true);
    assert_eq!(html.matches("<tr class").count(), 0);
    assert!(!html.contains("<img"), "a text of the directory is no element");
    let data = html.split_once("id=\"rows\">").unwrap().1;
    let data = data.split_once("</script>").unwrap().0;
    let data: Vec<serde_json::Value> = serde_json::from_str(data).unwrap();
    assert_eq!(data.len() as u64, MOST_ROWS + 1);
    assert_eq!(data[0][0], "phishable without");
    assert!(data[0][1].as_str().unwrap().starts_with("</script><img src=x>"));
    assert_eq!(
        data[1],
        json!([
            "phone",
            "Fen",
            "user1@contoso.example",
            "",
            "yes",
            "phone:mobile",
            "phone:mobile",
            "?",
            "8 Dec 2026",
            1_796_716_800
        ])
    );
    let few = page(&rows[..10], true);
    assert!(
        few.matches("<tr class").count() == 10 && !few.contains("id=\"rows\""),
        "{few}"
    );
}

#[test]
fn the_charts_count_what_they_say() {
    let html = page(&sample(), true);
    for says in [
        "aria-label=\"phone:mobile: 2, 50%\"",
        "aria-label=\"People who can verify a sign-in (MFA): 3 of 4, 75%\"",
        "aria-label=\"People with text message or call only: 1 of 4, 25%\"",
        "aria-label=\"Administrators without a phishing-resistant method: 1 of 2, 50%\"",
        "<rect class=\"bad\" x=\"75.00%\" width=\"25.00%\"",
        "<tr class=\"phone phishable\">",
        "<tr class=\"without\">",
    ] {
        assert!(html.contains(says), "{says} is not in {html}");
    }
    let charts = page(&sample(), false);
    assert!(
        !charts.contains("Adele") && !charts.contains("<table"),
        "{charts}"
    );
    assert!(charts.contains("75%"), "the charts stand");
}

#[test]
fn the_policy_of_the_page_lets_only_its_own_style_and_script_run() {
    let html = page(&[], true);
    let part = |from: &str, to: &str| html.split_once(from).unwrap().1.split_once(to).unwrap().0;
    for (tag, end, source) in [
        ("<style>", "</style>", "style-src"),
        ("<script>", "</script>", "script-src"),
    ] {
        let own = hash(part(tag, end));
        assert!(
            html.contains(&format!("{source} 'sha256-{}'", own.replace('/', "&#x2f;")))
                || html.contains(&format!("{source} 'sha256-{own}'")),
            "{source} {own}: {html}"
        );
    }
    assert!(html.contains("Nobody has any"), "{html}");
}
