//! Times for people: local and short. Data has RFC 3339 in UTC and does not come here.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// `today 08:12`, `yesterday`, `3 Mar 2024`.
pub(crate) fn short(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    if at.date() == now.date() {
        return at.strftime("today %H:%M").to_string();
    }
    if now.date().checked_sub(1.day()).is_ok_and(|day| day == at.date()) {
        return "yesterday".to_owned();
    }
    at.strftime("%-d %b %Y").to_string()
}

/// `3 Mar 2024`.
pub(crate) fn date(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %b %Y").to_string()
}

/// `today 08:12`, `3 Mar 2024 08:12`: where the hour matters on any day.
pub(crate) fn moment(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    let form = if at.date() == now.date() {
        "today %H:%M"
    } else {
        "%-d %b %Y %H:%M"
    };
    at.strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_reader() {
        let now: Timestamp = "2026-12-08T08:55:00Z".parse().unwrap();
        let say = |at: &str, zone: &TimeZone| short(at.parse().unwrap(), now, zone);
        let utc = TimeZone::UTC;
        assert_eq!(say("2026-12-08T08:12:00Z", &utc), "today 08:12");
        assert_eq!(say("2026-12-07T23:12:00Z", &utc), "yesterday");
        assert_eq!(say("2024-03-03T23:12:00Z", &utc), "3 Mar 2024");
        assert_eq!(say("2026-12-22T08:12:00Z", &utc), "22 Dec 2026");
        let east = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(say("2026-12-07T23:12:00Z", &east), "today 01:12");
        assert_eq!(moment(now, now, &east), "today 10:55");
    }
}
