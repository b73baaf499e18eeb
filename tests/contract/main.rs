//! Requests and answers held against the vendor's own description of its API.
//!
//! `MFACTL_VENDOR_SPECS` names a folder with `entra/contract.json`. With it, every call that the Entra client makes
//! against the embedded service is checked both ways: is that a call that Microsoft documents, with a body that it
//! takes, and is the embedded service's answer one that it could give. Without it, the calls are made all the same, and
//! what needs no description is checked; a line says so.

#[cfg(test)]
mod calls;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod spec;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use crate::calls::{self, As};
    use crate::spec::Spec;

    /// Every operation that the client uses: one that it stops using, or a new one, must be told here.
    const OPERATIONS: &[&str] = &[
        "authenticator.delete",
        "batch.beta",
        "batch.v1.0",
        "device.update",
        "email.create",
        "email.delete",
        "email.get",
        "email.update",
        "external.create",
        "external.delete",
        "external.list",
        "fido2.create",
        "fido2.creationOptions",
        "fido2.delete",
        "group.get",
        "group.list",
        "group.transitiveMembers.user",
        "hardwareOath.activate",
        "hardwareOath.assign",
        "hardwareOath.assignAndActivateBySerialNumber",
        "hardwareOath.deactivate",
        "hardwareOath.delete",
        "hardwareOath.get",
        "hardwareOath.list",
        "hardwareOathDevice.create",
        "hardwareOathDevice.list",
        "methods.list.beta",
        "operation.get",
        "password.reset",
        "phone.create",
        "phone.delete",
        "phone.get",
        "phone.update",
        "platformCredential.delete",
        "policy.config.get",
        "policy.get",
        "qr.delete",
        "qr.put",
        "report.registration.list",
        "requirements.get",
        "requirements.update",
        "signInPreferences.get",
        "signInPreferences.update",
        "softwareOath.delete",
        "tap.create",
        "tap.delete",
        "user.get",
        "user.list",
        "user.registeredDevices",
        "user.revokeSignInSessions",
        "user.transitiveMemberOf",
        "user.update",
        "windowsHello.delete",
    ];

    #[expect(
        clippy::disallowed_methods,
        reason = "a test's own variable, read by no product code"
    )]
    fn folder() -> Option<PathBuf> {
        std::env::var_os("MFACTL_VENDOR_SPECS").map(PathBuf::from)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_call_of_the_entra_client_is_one_that_graph_documents() {
        let mut exchanges = calls::make_every_call(As::Application).await;
        exchanges.extend(calls::make_every_call(As::Person).await);
        assert!(exchanges.len() > 100, "only {} calls were made", exchanges.len());
        let bad: Vec<_> = exchanges.iter().filter_map(calls::unfit).collect();
        assert!(bad.is_empty(), "{}", bad.join("\n"));

        let Some(folder) = folder() else {
            println!(
                "MFACTL_VENDOR_SPECS is not set: {} calls made, none held against the vendor's",
                exchanges.len()
            );
            return;
        };
        let spec = Spec::read(&folder.join("entra").join("contract.json"));
        let mut operations = BTreeSet::new();
        let mut findings = BTreeSet::new();
        for exchange in &exchanges {
            match spec.check(exchange, &mut findings) {
                Some(operation) => {
                    operations.insert(operation);
                }
                None => {
                    findings.insert(format!(
                        "no such operation: {} {}",
                        exchange.method, exchange.target
                    ));
                }
            }
        }
        assert!(
            findings.is_empty(),
            "{}",
            findings.into_iter().collect::<Vec<_>>().join("\n")
        );
        let expected: BTreeSet<String> = OPERATIONS.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(operations, expected);
        println!(
            "{} calls held against {} operations",
            exchanges.len(),
            operations.len()
        );
    }
}
