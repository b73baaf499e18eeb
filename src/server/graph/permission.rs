//! Permissions.
pub(crate) fn app_roles(_graph_only: bool) -> Vec<String> {
    vec!["Mfactl.ReadWrite.All".to_owned()]
}
pub(crate) fn scopes(_graph_only: bool) -> Vec<String> {
    vec!["Mfactl.ReadWrite".to_owned()]
}
