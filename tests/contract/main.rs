//! Requests and answers held against a description of Graph, both ways: is it a call that Graph documents, with a body
//! that it takes, and is the embedded service's answer one that Graph could give.
//!
//! The description is the project's own table (`table/`). `MFACTL_VENDOR_SPECS` names a folder with the vendor's
//! (`entra/csdl-extract.xml`, `entra/contract.json`): with it, table and calls are held against those too.
//! `MFACTL_RECORDED` names a folder that another run of tests wrote through `MFACTL_LOCAL_RECORD`: with it, everything
//! that went over the wire there is held against both. Without them, lines say so.

#[cfg(test)]
#[path = "../../src/server/webauthn/authenticator.rs"]
mod authenticator;
#[cfg(test)]
mod calls;
#[cfg(test)]
mod csdl;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod left_out;
#[cfg(test)]
mod mutants;
#[cfg(test)]
mod others;
#[cfg(test)]
mod table;
#[cfg(test)]
mod vendor;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use tokio::sync::OnceCell;

    use crate::calls::{self, As};
    use crate::csdl::Csdl;
    use crate::exchange::{self, Exchange};
    use crate::left_out::{NOT_ANSWERED, NOT_SENT};
    use crate::others;
    use crate::table::Table;
    use crate::vendor;

    /// What the service answers beside the table, and other clients may ask.
    const BESIDE: &[&str] = &["/users/$count", "/$metadata"];

    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own variable, read by no product code"
    )]
    fn folder(variable: &str) -> Option<PathBuf> {
        std::env::var_os(variable).map(PathBuf::from)
    }

    /// Every call that the client can make and every operation that others may ask for, made once for all tests.
    pub async fn everything() -> &'static [Exchange] {
        static MADE: OnceCell<Vec<Exchange>> = OnceCell::const_new();
        MADE.get_or_init(|| async {
            let folder = tempfile::tempdir().unwrap();
            calls::make_every_call(As::Application, folder.path()).await;
            calls::make_every_call(As::Person, folder.path()).await;
            others::ask_every_operation(&Table::read(), folder.path()).await;
            let mut exchanges = Vec::new();
            exchange::read(folder.path(), |exchange| exchanges.push(exchange));
            exchanges
        })
        .await
    }

    /// What is wrong with an exchange by the table; the operation's id where it has one.
    pub fn judge(table: &Table, exchange: &Exchange, findings: &mut BTreeSet<String>) -> Option<String> {
        if exchange.ours {
            findings.extend(calls::unfit(exchange));
        }
        let found = table.check(exchange, findings);
        let beside = BESIDE.iter().any(|path| exchange.target.starts_with(path));
        // Others may ask for what there is not: that is refused.
        if found.is_none() && !beside && (exchange.ours || exchange.succeeded()) {
            findings.insert(format!("no such operation: {}", exchange.line()));
        }
        found
    }

    fn none(findings: BTreeSet<String>) {
        let all: Vec<String> = findings.into_iter().collect();
        assert!(all.is_empty(), "{}", all.join("\n"));
    }

    /// Each operation is seen, or listed with a reason; never both.
    fn covered(table: &Table, what: &str, seen: &BTreeSet<String>, listed: &[(&str, &str)]) -> Vec<String> {
        let is_listed = |id: &str| listed.iter().any(|(known, _)| *known == id);
        let operations = table.operations();
        let wrong = operations
            .iter()
            .filter(|id| seen.contains(**id) == is_listed(id));
        let wrong = wrong
            .map(|id| match is_listed(id) {
                true => format!("{id} is {what}, and listed as left out"),
                false => format!("{id} is neither {what} nor listed as left out"),
            })
            .collect();
        let unknown = listed.iter().find(|(id, _)| !operations.contains(id));
        assert!(unknown.is_none(), "{unknown:?} is no operation of the table");
        println!(
            "{} of {} operations are {what}; left out:",
            seen.len(),
            operations.len()
        );
        for (id, why) in listed {
            println!("  {id}: {why}");
        }
        wrong
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_request_and_every_answer_is_one_that_the_table_describes() {
        let (exchanges, table) = (everything().await, Table::read());
        assert!(exchanges.len() > 300, "only {} calls were made", exchanges.len());
        let mut findings = BTreeSet::new();
        let (mut sent, mut answered) = (BTreeSet::new(), BTreeSet::new());
        for exchange in exchanges {
            let Some(id) = judge(&table, exchange, &mut findings) else {
                continue;
            };
            if exchange.succeeded() {
                answered.insert(id.clone());
            }
            if exchange.ours {
                sent.insert(id);
            }
        }
        none(findings);
        println!("{} calls held against the table", exchanges.len());
        let mut wrong = covered(&table, "sent by the client", &sent, NOT_SENT);
        wrong.extend(covered(
            &table,
            "answered by the embedded service",
            &answered,
            NOT_ANSWERED,
        ));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn table_requests_and_answers_are_those_of_the_vendors_description() {
        let Some(folder) = folder("MFACTL_VENDOR_SPECS") else {
            println!("MFACTL_VENDOR_SPECS is not set: nothing is held against the vendor's description");
            return;
        };
        let csdl = Csdl::read(&folder.join("entra").join("csdl-extract.xml"));
        let mut findings = BTreeSet::new();
        csdl.check_table(&Table::read().0, &mut findings);
        vendor::check(
            &folder.join("entra").join("contract.json"),
            &Table::read().0,
            &mut findings,
        );
        let held = everything()
            .await
            .iter()
            .filter(|exchange| csdl.check(exchange, &mut findings));
        let held = held.count();
        none(findings);
        let (types, enums, operations) = csdl.size();
        println!(
            "{held} calls of v1.0 held against CSDL: {types} types, {enums} enums, {operations} actions and functions"
        );
        assert!(held > 200, "only {held} calls were held against the description");
    }

    #[test]
    fn what_another_run_recorded_is_described_too() {
        let Some(recorded) = folder("MFACTL_RECORDED") else {
            println!("MFACTL_RECORDED is not set: no other run is held against the table");
            return;
        };
        let table = Table::read();
        let csdl = folder("MFACTL_VENDOR_SPECS")
            .map(|folder| Csdl::read(&folder.join("entra").join("csdl-extract.xml")));
        let (mut findings, mut operations) = (BTreeSet::new(), BTreeSet::new());
        let (mut count, mut disturbed, mut held) = (0, 0, 0);
        exchange::read(&recorded, |exchange| {
            count += 1;
            disturbed += usize::from(exchange.disturbed);
            operations.extend(judge(&table, &exchange, &mut findings));
            if let Some(csdl) = &csdl {
                held += usize::from(csdl.check(&exchange, &mut findings));
            }
        });
        none(findings);
        println!(
            "{count} recorded calls of {} operations held against the table, {held} against CSDL; {disturbed} answers were disturbed on purpose",
            operations.len()
        );
        assert!(count > 1000, "only {count} calls were recorded");
    }
}
