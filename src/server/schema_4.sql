-- Version 4: administrative units, and roles that are held over one of them alone (api/entra 4.1, 4.3). Where a unit is restricted, only
-- such a role changes its members.
CREATE TABLE administrative_units (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, description TEXT,
  restricted INTEGER NOT NULL DEFAULT 0      -- isMemberManagementRestricted: set when it is made, and never after
) WITHOUT ROWID;
CREATE TABLE administrative_unit_members (unit_id TEXT NOT NULL, member_id TEXT NOT NULL, PRIMARY KEY (unit_id, member_id)) WITHOUT ROWID;
CREATE INDEX administrative_unit_members_of ON administrative_unit_members (member_id);
-- principal_id as in role_assignments, or an application.
CREATE TABLE scoped_role_assignments (
  principal_id TEXT NOT NULL, role_id TEXT NOT NULL, unit_id TEXT NOT NULL, PRIMARY KEY (principal_id, role_id, unit_id)
) WITHOUT ROWID;
