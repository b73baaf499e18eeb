create schema if not exists mfactl;
create table mfactl.version (
    number integer primary key,
    at timestamptz not null default clock_timestamp()
);
-- A job: what `head` says is written once. Texts that come from a directory are kept as json, which holds any of them.
create table mfactl.job (
    id uuid primary key,
    name text,
    head json not null,
    state text not null,
    made_at timestamptz not null
);
create index job_name on mfactl.job (name) where name is not null;
-- A person of a job. state: 0 open, 1 taken by owner until lease_until, 2 ended. who: sign-in name and id. No plan: left out.
create table mfactl.person (
    job uuid not null references mfactl.job (id) on delete cascade,
    seq bigint not null,
    state smallint not null,
    owner uuid,
    lease_until timestamptz,
    taken integer not null default 0,
    sends integer not null,
    mints boolean not null,
    who json not null,
    plan json,
    primary key (job, seq)
);
create index person_open on mfactl.person (job, seq) where state < 2;
-- A step of a person. standing: 0 planned, 1 started, 2 ended. No result: nothing is known but the plan.
create table mfactl.step (
    job uuid not null,
    seq bigint not null,
    place smallint not null,
    standing smallint not null,
    status text not null,
    attempts integer not null,
    reissued boolean not null,
    created json,
    request_id json,
    ended_at timestamptz,
    result json,
    primary key (job, seq, place),
    foreign key (job, seq) references mfactl.person (job, seq) on delete cascade
);
create index step_not_well on mfactl.step (job, seq) where status in ('failed', 'unknown', 'skipped');
-- One pace that all workers of a tenant share: the state of the bucket.
create table mfactl.bucket (
    name text primary key,
    meter json not null
);
