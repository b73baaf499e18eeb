//! The environment: every variable that is read, in one table, and the only code that reads it.

use std::collections::BTreeMap;

/// A variable that the program reads.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it does, in a clause.
    pub meaning: &'static str,
    /// The option that beats it.
    pub option: Option<&'static str>,
}

const fn of(name: &'static str, option: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        meaning,
        option: Some(option),
    }
}

const fn alone(name: &'static str, meaning: &'static str) -> Variable {
    Variable {
        name,
        meaning,
        option: None,
    }
}

/// Every variable, in the order of the table in README.
pub const VARIABLES: &[Variable] = &[
    of("MFACTL_PROFILE", "--profile", "the profile to use"),
    of(
        "MFACTL_OUTPUT",
        "--output",
        "the form of the answer: table, json, ndjson, csv",
    ),
    of("MFACTL_JQ", "--jq", "a filter over the JSON answer"),
    of(
        "MFACTL_DRY_RUN",
        "--dry-run",
        "1 shows the plan and changes nothing",
    ),
    of("MFACTL_NO_INPUT", "--no-input", "1 never asks"),
    of("MFACTL_TICKET", "--ticket", "the ticket of a change"),
    of("MFACTL_REASON", "--reason", "the reason of a change"),
    of(
        "MFACTL_PACE",
        "--pace",
        "requests a second, such as 20/s, or a share of what the service allows, such as 50%",
    ),
    of("MFACTL_CONCURRENCY", "--concurrency", "people worked on at once"),
    of(
        "MFACTL_MAX_FAILURES",
        "--max-failures",
        "stop when more people than this, or this share such as 5%, have failed",
    ),
    of(
        "MFACTL_STORE",
        "--store",
        "the database where jobs are kept, without a password",
    ),
    of("MFACTL_NO_PROGRESS", "--no-progress", "1 shows no progress"),
    of(
        "MFACTL_STRICT",
        "--strict",
        "1 refuses a plan with steps that the service lacks",
    ),
    of(
        "MFACTL_TIMEOUT",
        "--timeout",
        "how long one call may take with all its tries",
    ),
    of("MFACTL_QUIET", "-q", "1 prints errors only"),
    of("MFACTL_VERBOSE", "-v", "1 or 2: says more on stderr"),
    of(
        "MFACTL_COLOR",
        "--color",
        "when to use colour: auto, always, never",
    ),
    of(
        "MFACTL_ACCESSIBLE",
        "--accessible",
        "1 prints lines instead of tables and repaints nothing",
    ),
    alone("MFACTL_SERVICE", "makes a profile without a file: its service"),
    alone("MFACTL_TENANT", "its tenant"),
    alone("MFACTL_CLIENT_ID", "its application"),
    alone(
        "MFACTL_AUTH",
        "its way to sign in: browser, device-code, client-secret, certificate, private-key, federated, \
         managed-identity, azure-cli, token, password, api-token",
    ),
    alone("MFACTL_CLOUD", "its cloud: global, us-gov, us-dod, china"),
    alone("MFACTL_DOMAIN", "completes its sign-in names"),
    alone("MFACTL_REGION", "reads its national phone numbers"),
    alone("MFACTL_URL", "its address, where it is not the vendor's"),
    alone(
        "MFACTL_AUTHORITY",
        "where its tokens come from, where it is not the vendor's",
    ),
    alone(
        "MFACTL_CLIENT_SECRET",
        "the application's secret, for any profile",
    ),
    alone(
        "MFACTL_CERTIFICATE",
        "the PEM or PKCS#12 file for auth = \"certificate\", instead of the profile's",
    ),
    alone("MFACTL_CERTIFICATE_PASSWORD", "the password of that file"),
    alone(
        "MFACTL_PRIVATE_KEY",
        "the file for auth = \"private-key\", instead of the profile's",
    ),
    alone(
        "MFACTL_ID_TOKEN",
        "a token of the issuer outside for auth = \"federated\"; on GitLab, name it so under id_tokens",
    ),
    alone(
        "MFACTL_ASSERTION_FILE",
        "a file with that token, instead of the profile's assertion_file",
    ),
    alone(
        "MFACTL_SERVICE_CONNECTION",
        "the id of the service connection of Azure Pipelines, instead of the profile's",
    ),
    alone(
        "MFACTL_TOKEN",
        "the token for auth = \"token\"; - takes it from standard input",
    ),
    alone(
        "MFACTL_API_TOKEN",
        "the service's own key for auth = \"api-token\"",
    ),
    alone(
        "MFACTL_USERNAME",
        "the sign-in name for auth = \"password\", and the one that a browser suggests",
    ),
    alone("MFACTL_PASSWORD", "the password for auth = \"password\""),
    alone(
        "MFACTL_TOKEN_STORE",
        "where tokens are kept: auto, keyring, file, memory; instead of the profile's",
    ),
    alone(
        "MFACTL_TOKEN_KEY_FILE",
        "a file of 32 bytes or more, readable by you alone: the key of kept sign-ins where there is no keyring",
    ),
    alone(
        "MFACTL_TOKEN_PASSPHRASE",
        "a passphrase that serves in the place of that key",
    ),
    alone(
        "CREDENTIALS_DIRECTORY",
        "where systemd puts that key, under the name mfactl-token-key",
    ),
    alone(
        "BROWSER",
        "the program that opens the page to sign in, instead of the desktop's own",
    ),
    alone(
        "AZURE_FEDERATED_TOKEN_FILE",
        "the token for auth = \"federated\" in Kubernetes (workload identity)",
    ),
    alone("AZURE_CLIENT_ID", "the application that this token stands for"),
    alone("AZURE_TENANT_ID", "its tenant"),
    alone(
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "where GitHub Actions hands out the token for auth = \"federated\"",
    ),
    alone("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "what is shown there"),
    alone(
        "SYSTEM_OIDCREQUESTURI",
        "where Azure Pipelines hands out the token for auth = \"federated\"",
    ),
    alone("SYSTEM_ACCESSTOKEN", "what is shown there"),
    alone(
        "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
        "the service connection, where the task of Azure Pipelines says it",
    ),
    alone("AZURESUBSCRIPTION_CLIENT_ID", "its application"),
    alone("AZURESUBSCRIPTION_TENANT_ID", "its tenant"),
    alone(
        "IDENTITY_ENDPOINT",
        "where auth = \"managed-identity\" asks on App Service and Container Apps",
    ),
    alone("IDENTITY_HEADER", "what is shown there"),
    alone(
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
        "where auth = \"managed-identity\" asks on other machines, instead of http://169.254.169.254",
    ),
    alone(
        "MFACTL_CA_BUNDLE",
        "a PEM file with roots to trust beside the system's, instead of the profile's",
    ),
    alone(
        "MFACTL_CLIENT_CERTIFICATE",
        "the certificate to show to a server that asks for one, instead of the profile's",
    ),
    alone(
        "MFACTL_CLIENT_KEY",
        "its private key, where it is not in the same file",
    ),
    alone("MFACTL_CLIENT_CERTIFICATE_PASSWORD", "the password of that file"),
    alone(
        "MFACTL_PROXY",
        "the proxy as http://HOST:PORT, or direct for none; instead of the profile's",
    ),
    alone(
        "MFACTL_NO_PROXY",
        "hosts that are asked directly, instead of the profile's",
    ),
    alone(
        "HTTPS_PROXY",
        "the proxy, where neither profile nor MFACTL_PROXY names one",
    ),
    alone("https_proxy", "the same, as curl spells it"),
    alone("ALL_PROXY", "the same for every address"),
    alone("HTTP_PROXY", "the same for plain http"),
    alone(
        "NO_PROXY",
        "hosts that are asked directly, where nothing else says it",
    ),
    alone("no_proxy", "the same, as curl spells it"),
    alone("MFACTL_LOCAL_DATA", "the data file of the built-in profile local"),
    alone(
        "MFACTL_LOCAL_RECORD",
        "a folder where the embedded service writes down what it is asked and answers, for tests",
    ),
    alone(
        "MFACTL_STATE_DIR",
        "where jobs and the audit log are kept, instead of mfactl in the platform's state folder",
    ),
    alone(
        "JOB_COMPLETION_INDEX",
        "which part --shard auto/N takes, from 0: set by Kubernetes in the pods of an Indexed Job",
    ),
    alone(
        "MFACTL_STORE_PASSWORD",
        "the password of the database of jobs; else PGPASSWORD, else the password file",
    ),
    alone("PGPASSWORD", "the same, as other clients of PostgreSQL have it"),
    alone(
        "PGPASSFILE",
        "the password file of PostgreSQL's clients, instead of ~/.pgpass",
    ),
    alone("NO_COLOR", "any value: no colour"),
    alone(
        "CLICOLOR_FORCE",
        "any value but 0: colour also where the output is no terminal",
    ),
    alone("TERM", "dumb: no colour, nothing repainted"),
    alone("ACCESSIBLE", "any value but 0: as --accessible"),
    alone("CI", "any value but false: never asks"),
    alone(
        "GITHUB_RUN_ID",
        "the pipeline's run, for the audit log (GitHub Actions)",
    ),
    alone("CI_PIPELINE_ID", "the same on GitLab"),
    alone("BUILD_BUILDID", "the same on Azure Pipelines"),
    alone("CIRCLE_WORKFLOW_ID", "the same on CircleCI"),
    alone("BUILDKITE_BUILD_ID", "the same on Buildkite"),
    alone("BITBUCKET_BUILD_NUMBER", "the same on Bitbucket"),
    alone("BUILD_TAG", "the same on Jenkins"),
    alone("BUILD_ID", "the same on Jenkins and others that set no BUILD_TAG"),
    alone("TZ", "the time zone of times in tables"),
    alone(
        "XDG_CONFIG_HOME",
        "where mfactl/config.toml is, instead of ~/.config",
    ),
    alone(
        "XDG_DATA_HOME",
        "where mfactl/local.db is, instead of ~/.local/share",
    ),
    alone(
        "XDG_STATE_HOME",
        "where mfactl/jobs and mfactl/audit are, instead of ~/.local/state",
    ),
    alone(
        "XDG_RUNTIME_DIR",
        "where mfactl keeps the pace that all its processes share",
    ),
];

/// Variables that name the run of a pipeline, with the word before it; the first that is set counts.
const RUNS: &[(&str, &str)] = &[
    ("GITHUB_RUN_ID", "github"),
    ("CI_PIPELINE_ID", "gitlab"),
    ("BUILD_BUILDID", "azure"),
    ("CIRCLE_WORKFLOW_ID", "circleci"),
    ("BUILDKITE_BUILD_ID", "buildkite"),
    ("BITBUCKET_BUILD_NUMBER", "bitbucket"),
    ("BUILD_TAG", "jenkins"),
    ("BUILD_ID", "build"),
];

/// The environment of this process, or one made for a test.
#[derive(Clone, Debug, Default)]
pub struct Env(BTreeMap<&'static str, String>);

impl Env {
    /// Reads the variables of the table, and no others. An empty one counts as not set.
    #[expect(clippy::disallowed_methods, reason = "the one owner of the environment")]
    pub fn of_process() -> Self {
        Self(
            VARIABLES
                .iter()
                .filter_map(|variable| {
                    let value = std::env::var_os(variable.name)?;
                    Some((variable.name, value.to_string_lossy().into_owned()))
                })
                .filter(|(_, value)| !value.is_empty())
                .collect(),
        )
    }

    /// The value of a variable of the table.
    pub fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(
            VARIABLES.iter().any(|variable| variable.name == name),
            "{name} is not in the table"
        );
        self.0.get(name).map(String::as_str)
    }

    /// Whether a switch such as `CI` is on: set, and neither `0` nor `false` nor `no`.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false" | "no" | "off"))
    }

    /// The run of a pipeline that this program is part of, such as `github:4711`.
    pub fn ci_run(&self) -> Option<String> {
        RUNS.iter()
            .find_map(|(name, word)| Some(format!("{word}:{}", self.get(name)?)))
    }

    /// An environment of these variables.
    #[cfg(test)]
    pub(crate) fn with(values: &[(&'static str, &str)]) -> Self {
        Self(
            values
                .iter()
                .filter(|(_, value)| !value.is_empty())
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_is_listed_twice_and_dangerous_options_have_none() {
        let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for forbidden in [
            "YES",
            "EXPECT",
            "INCLUDE_SELF",
            "SECRETS_OUT",
            "LEAVE_NONE",
            "EVERYONE",
            "ALLOW_PRIVILEGED",
        ] {
            assert!(
                !names.contains(&format!("MFACTL_{forbidden}").as_str()),
                "{forbidden}"
            );
        }
    }

    #[test]
    fn the_run_of_a_pipeline_has_the_word_of_its_service() {
        let run = |values: &[(&'static str, &str)]| Env::with(values).ci_run();
        assert_eq!(run(&[]), None);
        assert_eq!(
            run(&[("BUILD_ID", "7"), ("BUILD_TAG", "j-7")]).as_deref(),
            Some("jenkins:j-7")
        );
        assert_eq!(run(&[("GITHUB_RUN_ID", "4711")]).as_deref(), Some("github:4711"));
    }

    #[test]
    fn a_switch_is_off_when_it_says_so() {
        let env = Env::with(&[("CI", "false"), ("ACCESSIBLE", "1"), ("NO_COLOR", "")]);
        assert!(!env.is_on("CI"));
        assert!(env.is_on("ACCESSIBLE"));
        assert!(!env.is_on("NO_COLOR"));
    }
}
