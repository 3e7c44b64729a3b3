-- Every way from a role to another tenant, as the edges of a graph: who can use what, and where that leads.
-- Rights that tenants have as planned are no edges, so the number of rows depends on unplanned grants, not on the
-- number of tenants. `reach.rs` follows the edges.
-- $1 to $4, in step: schemas, owner roles, application roles, and migrator roles or null.
--
-- Nodes: `t:N`, the N-th tenant with its roles and its schema; `r:OID`, another role; `public`; `s:OID`, another
-- schema; `o:CLASS:OID`, an object in such a schema; `all`, the data of every tenant.
-- Not followed: objects of extensions, and what exists in `pg_catalog`. Only a superuser creates either.
WITH tenant AS (
    SELECT 't:' || position AS node, schema, owner, app, migrator
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS t (schema, owner, app, migrator, position)
),
party AS (
    SELECT r.oid AS id, quote_ident(rolname) AS name, coalesce(node, 'r:' || r.oid) AS node
    FROM pg_roles r
    LEFT JOIN (SELECT node, role FROM tenant CROSS JOIN LATERAL (VALUES (owner), (app), (migrator)) AS v (role)) AS own
        ON role = rolname
    UNION ALL
    SELECT 0, 'PUBLIC', 'public'
),
place AS (
    SELECT n.oid AS id, nspname AS name, nspowner AS owner, coalesce(nspacl, acldefault('n', nspowner)) AS acl,
        coalesce(node, 's:' || n.oid) AS node, node IS NOT NULL AS is_tenants, t.owner AS owner_role
    FROM pg_namespace n LEFT JOIN tenant t ON schema = nspname
    WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND NOT starts_with(nspname, 'pg_t')
),
extension AS (SELECT classid AS class, objid AS id FROM pg_depend WHERE deptype = 'e'),
-- What rights can be given on in a schema. A null list of rights stands for the default: of the owner, and on
-- routines also of PUBLIC.
object AS (
    SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, relnamespace AS namespace, relowner AS owner, relkind AS kind,
        CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS word,
        coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl,
        -- A view or routine that has the rights of its user gives none.
        coalesce((SELECT bool_or(split_part(o, '=', 2)::bool) FROM unnest(reloptions) AS o WHERE starts_with(o, 'security_invoker=')), false)
            AS is_invokers,
        false AS is_definers
    FROM pg_class c
    WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'pg_proc'::regclass, oid, pronamespace, proowner, prokind, 'ROUTINE', coalesce(proacl, acldefault('f', proowner)),
        NOT prosecdef, prosecdef
    FROM pg_proc
),
placed AS (
    SELECT o.*, place.name AS schema, place.is_tenants, place.node AS place_node, place.owner_role,
        CASE WHEN is_tenants THEN place.node ELSE format('o:%s:%s', class, o.id) END AS node
    FROM object o JOIN place ON place.id = namespace
    WHERE (class, o.id) NOT IN (SELECT class, id FROM extension)
),
-- Objects and their parts, with the object that a part belongs to.
part AS (
    SELECT class, p.id, CASE WHEN is_tenants THEN node ELSE format('o:%s:%s', top_class, top) END AS node, is_tenants, is_view
    FROM (
        SELECT 'pg_class'::regclass::oid AS class, c.oid AS id, 'pg_class'::regclass::oid AS top_class,
            coalesce(indrelid, c.oid) AS top, relnamespace AS namespace, false AS is_view
        FROM pg_class c LEFT JOIN pg_index ON indexrelid = c.oid
        UNION ALL
        SELECT 'pg_proc'::regclass, oid, 'pg_proc'::regclass, oid, pronamespace, false FROM pg_proc
        UNION ALL
        SELECT 'pg_type'::regclass, oid, CASE typrelid WHEN 0 THEN 'pg_type'::regclass ELSE 'pg_class'::regclass END,
            CASE typrelid WHEN 0 THEN oid ELSE typrelid END, typnamespace, false FROM pg_type
        UNION ALL
        SELECT 'pg_operator'::regclass, oid, 'pg_operator'::regclass, oid, oprnamespace, false FROM pg_operator
        UNION ALL
        SELECT 'pg_rewrite'::regclass, r.oid, 'pg_class'::regclass, ev_class, relnamespace, ev_type = '1'
        FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
        UNION ALL
        SELECT classid, o.id, 'pg_class'::regclass, relation, relnamespace, false
        FROM (
            -- Those of a foreign key are its constraint's.
            SELECT 'pg_trigger'::regclass AS classid, oid AS id, tgrelid AS relation FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT 'pg_attrdef'::regclass, oid, adrelid FROM pg_attrdef
            UNION ALL SELECT 'pg_constraint'::regclass, oid, conrelid FROM pg_constraint WHERE conrelid <> 0
            UNION ALL SELECT 'pg_policy'::regclass, oid, polrelid FROM pg_policy
        ) AS o JOIN pg_class c ON c.oid = relation
        UNION ALL
        SELECT 'pg_constraint'::regclass, k.oid, 'pg_type'::regclass, contypid, typnamespace, false
        FROM pg_constraint k JOIN pg_type t ON t.oid = contypid
    ) AS p JOIN place ON place.id = namespace
    WHERE (class, p.id) NOT IN (SELECT class, id FROM extension)
),
depends AS (
    SELECT DISTINCT ON (origin.node, target.node, origin.is_view) origin.node AS origin, target.node AS target, origin.is_view,
        target.is_tenants, classid, objid, refclassid, refobjid
    FROM pg_depend
    JOIN part AS origin ON origin.class = classid AND origin.id = objid
    JOIN part AS target ON target.class = refclassid AND target.id = refobjid
    WHERE origin.node <> target.node
),
-- Where the use of an object leads.
onward (origin, target, way, what, mend) AS (
    SELECT origin, target, 'depend',
        format('%s depends on %s', pg_describe_object(classid, objid, 0), pg_describe_object(refclassid, refobjid, 0)),
        (SELECT CASE WHEN relkind = 'm' THEN format('DROP MATERIALIZED VIEW %s', ev_class::regclass)
                WHEN ev_type = '1' THEN format('DROP VIEW %s', ev_class::regclass)
                ELSE format('DROP RULE %I ON %s', rulename, ev_class::regclass) END
            FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class WHERE classid = 'pg_rewrite'::regclass AND r.oid = objid
        UNION ALL
        SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger
            WHERE classid = 'pg_trigger'::regclass AND oid = objid
        UNION ALL
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) FROM pg_constraint
            WHERE classid = 'pg_constraint'::regclass AND oid = objid AND conrelid <> 0
        UNION ALL
        SELECT format('DROP POLICY %I ON %s', polname, polrelid::regclass) FROM pg_policy
            WHERE classid = 'pg_policy'::regclass AND oid = objid
        UNION ALL
        SELECT format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', adrelid::regclass, attname)
            FROM pg_attrdef d JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
            WHERE classid = 'pg_attrdef'::regclass AND d.oid = objid)
    FROM depends
    UNION ALL
    -- Who owns code that another's object runs, or a table that it writes to, receives the other's rows. A view only
    -- reads.
    SELECT target, origin, 'depend',
        format('%s depends on %s', pg_describe_object(classid, objid, 0), pg_describe_object(refclassid, refobjid, 0)), NULL
    FROM depends WHERE is_tenants AND NOT is_view
    UNION ALL
    -- The rights on a table are also rights on the rows of those that inherit from it.
    SELECT parent.node, child.node, 'depend', format('%s inherits from %s', inhrelid::regclass, inhparent::regclass),
        format('ALTER TABLE %s NO INHERIT %s', inhrelid::regclass, inhparent::regclass)
    FROM pg_inherits
    JOIN placed AS parent ON parent.class = 'pg_class'::regclass AND parent.id = inhparent
    JOIN placed AS child ON child.class = 'pg_class'::regclass AND child.id = inhrelid
    WHERE parent.node <> child.node
    UNION ALL
    SELECT p.node, party.node, 'run', format('%s runs with the rights of %s', pg_describe_object(class, p.id, 0), name),
        CASE WHEN is_tenants THEN format('ALTER ROUTINE %s OWNER TO %I', p.id::regprocedure, owner_role)
            ELSE format('ALTER ROUTINE %s SECURITY INVOKER', p.id::regprocedure) END
    FROM placed p JOIN party ON party.id = owner
    WHERE is_definers AND p.node <> party.node
    UNION ALL
    SELECT node, 'all', 'foreign', format('%s reads from the foreign server %I', pg_describe_object(class, p.id, 0), srvname),
        format('DROP FOREIGN TABLE %s', p.id::regclass)
    FROM placed p JOIN pg_foreign_table ON ftrelid = p.id JOIN pg_foreign_server s ON s.oid = ftserver
    WHERE class = 'pg_class'::regclass
    UNION ALL
    -- PostgreSQL records no dependency on these catalogs: roles' passwords, large objects, samples of columns' values.
    SELECT p.node, 'all', 'depend', format('%s may read a catalog that holds data of all tenants', pg_describe_object(class, p.id, 0)),
        format('DROP %sVIEW %s', CASE kind WHEN 'm' THEN 'MATERIALIZED ' END, p.id::regclass)
    FROM placed p JOIN pg_rewrite ON class = 'pg_class'::regclass AND ev_class = p.id JOIN party ON party.id = owner
    WHERE NOT is_invokers AND NOT starts_with(party.node, 't:')
        AND ev_action::text ~ format(':relid (%s|%s|%s|%s|%s) ', 'pg_authid'::regclass::oid, 'pg_largeobject'::regclass::oid,
            'pg_statistic'::regclass::oid, 'pg_statistic_ext_data'::regclass::oid, 'pg_user_mapping'::regclass::oid)
),
-- The objects outside of tenants' schemas whose use leads somewhere, with who may use them.
use AS (
    SELECT p.node, class, p.id, place_node, word, grantee, privilege_type AS privilege
    FROM placed p, aclexplode(acl)
    WHERE NOT is_tenants AND NOT is_invokers AND p.node IN (SELECT origin FROM onward)
    UNION ALL
    SELECT p.node, class, p.id, place_node, word, grantee, privilege_type
    FROM placed p JOIN pg_attribute ON class = 'pg_class'::regclass AND attrelid = p.id AND attacl IS NOT NULL, aclexplode(attacl)
    WHERE NOT is_tenants AND NOT is_invokers AND p.node IN (SELECT origin FROM onward)
),
-- Rights within tenants' schemas. Those of PUBLIC on objects are of no use without one on the schema.
within AS (
    SELECT node, 'pg_namespace'::regclass::oid AS class, id, 'SCHEMA' AS word, grantee, privilege_type AS privilege
    FROM place, aclexplode(acl) WHERE is_tenants AND grantee <> owner
    UNION ALL
    SELECT node, class, id, word, grantee, privilege_type
    FROM placed, aclexplode(acl) WHERE is_tenants AND grantee NOT IN (0, owner)
    UNION ALL
    SELECT node, class, id, word, grantee, privilege_type
    FROM placed JOIN pg_attribute ON class = 'pg_class'::regclass AND attrelid = id AND attacl IS NOT NULL, aclexplode(attacl)
    WHERE is_tenants AND grantee NOT IN (0, owner)
),
-- Rights in the server's own schema, which its functions and views need to be granted by hand.
server AS (
    SELECT 'pg_class'::regclass::oid AS class, oid AS id, 'TABLE' AS word, grantee
    FROM pg_class, aclexplode(relacl)
    WHERE relnamespace = 'pg_catalog'::regnamespace AND (grantee >= 16384 OR grantee = 0 AND oid IN ('pg_authid'::regclass,
        'pg_largeobject'::regclass, 'pg_statistic'::regclass, 'pg_statistic_ext_data'::regclass, 'pg_user_mapping'::regclass))
    UNION ALL
    SELECT 'pg_class'::regclass, attrelid, 'TABLE', grantee
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid, aclexplode(attacl)
    WHERE relnamespace = 'pg_catalog'::regnamespace AND grantee >= 16384
    UNION ALL
    SELECT 'pg_proc'::regclass, oid, 'ROUTINE', grantee
    FROM pg_proc, aclexplode(proacl)
    WHERE pronamespace = 'pg_catalog'::regnamespace AND grantee >= 16384
)
SELECT origin, target, way, what, mend FROM onward
UNION ALL
SELECT DISTINCT member.node, role.node, 'member', format('%s is a member of %s', member.name, role.name),
    format('REVOKE %s FROM %s', role.name, member.name)
FROM pg_auth_members a JOIN party AS member ON member.id = a.member JOIN party AS role ON role.id = a.roleid
WHERE member.node <> role.node
UNION ALL
SELECT holder.node, role.node, 'member', format('%s owns the database', holder.name),
    format('ALTER DATABASE %I OWNER TO %I', datname, current_user)
FROM pg_database JOIN party AS holder ON holder.id = datdba JOIN party AS role ON role.name = 'pg_database_owner'
WHERE datname = current_database()
UNION ALL
SELECT node, 'all', 'power', format('%s is %s', name, attribute), format('ALTER ROLE %s NO%s', name, attribute)
FROM party JOIN pg_roles r ON r.oid = party.id, LATERAL (VALUES
    ('SUPERUSER', rolsuper), ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication)
) AS a (attribute, has)
WHERE has
UNION ALL
SELECT node, 'all', 'power', format('%s has access to the data of all tenants', name), NULL
FROM party
WHERE name IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_all_stats', 'pg_read_server_files', 'pg_write_server_files',
    'pg_execute_server_program', 'pg_signal_backend', 'rds_superuser', 'rds_replication')
UNION ALL
SELECT party.node, w.node, 'right',
    format('%s has %s on %s%s', party.name, string_agg(DISTINCT privilege, ', '),
        pg_describe_object((min(ARRAY[class, w.id]))[1], (min(ARRAY[class, w.id]))[2], 0),
        CASE WHEN count(DISTINCT w.id) > 1 THEN format(' and %s more', count(DISTINCT w.id) - 1) END),
    format('REVOKE ALL ON %s %s FROM %s CASCADE', word,
        (pg_identify_object((min(ARRAY[class, w.id]))[1], (min(ARRAY[class, w.id]))[2], 0)).identity, party.name)
FROM within w JOIN party ON party.id = grantee
WHERE party.node <> w.node
GROUP BY party.node, party.name, w.node, word
UNION ALL
SELECT party.node, o.node, 'own',
    format('%s owns %s%s', party.name, pg_describe_object((min(ARRAY[class, o.id]))[1], (min(ARRAY[class, o.id]))[2], 0),
        CASE WHEN count(*) > 1 THEN format(' and %s more', count(*) - 1) END),
    format('ALTER %s %s OWNER TO %I', word,
        (pg_identify_object((min(ARRAY[class, o.id]))[1], (min(ARRAY[class, o.id]))[2], 0)).identity, owner_role)
FROM (
    SELECT node, class, id, word, owner, owner_role FROM placed WHERE is_tenants
    UNION ALL
    SELECT node, 'pg_namespace'::regclass, id, 'SCHEMA', owner, owner_role FROM place WHERE is_tenants
) AS o JOIN party ON party.id = owner
WHERE party.node <> o.node
GROUP BY party.node, party.name, o.node, word, owner_role
UNION ALL
SELECT party.node, u.node, 'use', format('%s has %s on %s', party.name, string_agg(DISTINCT privilege, ', '), pg_describe_object(class, u.id, 0)),
    format('REVOKE ALL ON %s %s FROM %s CASCADE', word, (pg_identify_object(class, u.id, 0)).identity, party.name)
FROM use u JOIN party ON party.id = grantee
WHERE grantee <> 0
GROUP BY party.node, party.name, u.node, class, u.id, word
UNION ALL
-- What is open to PUBLIC needs a right on its schema.
SELECT place_node, node, 'use', format('PUBLIC has %s on %s', string_agg(DISTINCT privilege, ', '), pg_describe_object(class, id, 0)),
    format('REVOKE ALL ON %s %s FROM PUBLIC CASCADE', word, (pg_identify_object(class, id, 0)).identity)
FROM use
WHERE grantee = 0
GROUP BY place_node, node, class, id, word
UNION ALL
SELECT party.node, place.node, 'use', format('%s has USAGE on schema %I', party.name, place.name), NULL
FROM place, aclexplode(acl) JOIN party ON party.id = grantee
WHERE NOT is_tenants AND privilege_type = 'USAGE' AND place.node IN (SELECT place_node FROM use WHERE grantee = 0)
UNION ALL
SELECT party.node, holder.node, 'lend',
    format('%s has %s on %s large objects of %s, such as %s', party.name, string_agg(DISTINCT privilege_type, ', '),
        count(DISTINCT l.oid), holder.name, min(l.oid)),
    format('REVOKE ALL ON LARGE OBJECT %s FROM %s', min(l.oid), party.name)
FROM pg_largeobject_metadata l CROSS JOIN LATERAL aclexplode(lomacl) JOIN party ON party.id = grantee JOIN party AS holder ON holder.id = lomowner
WHERE starts_with(holder.node, 't:') AND party.node <> holder.node
GROUP BY party.node, party.name, holder.node, holder.name
UNION ALL
SELECT party.node, 'all', 'power',
    format('%s has rights on %s%s', party.name, pg_describe_object((min(ARRAY[class, s.id]))[1], (min(ARRAY[class, s.id]))[2], 0),
        CASE WHEN count(DISTINCT s.id) > 1 THEN format(' and %s more', count(DISTINCT s.id) - 1) END),
    format('REVOKE ALL ON %s %s FROM %s CASCADE', word,
        (pg_identify_object((min(ARRAY[class, s.id]))[1], (min(ARRAY[class, s.id]))[2], 0)).identity, party.name)
FROM server s JOIN party ON party.id = grantee
GROUP BY party.node, party.name, word
UNION ALL
SELECT node, 'all', 'foreign', format('%s has a user mapping on the foreign server %I', name, srvname),
    format('DROP USER MAPPING FOR %s SERVER %I', name, srvname)
FROM pg_user_mappings JOIN party ON id = umuser
WHERE umuser <> 0
UNION ALL
SELECT node, 'all', 'foreign', format('%s has USAGE on the foreign server %I', name, srvname),
    format('REVOKE ALL ON FOREIGN SERVER %I FROM %s CASCADE', srvname, name)
FROM pg_foreign_server, aclexplode(coalesce(srvacl, acldefault('S', srvowner))) JOIN party ON id = grantee
UNION ALL
SELECT node, 'all', 'foreign', format('%s has USAGE on the foreign data wrapper %I', name, fdwname),
    format('REVOKE ALL ON FOREIGN DATA WRAPPER %I FROM %s CASCADE', fdwname, name)
FROM pg_foreign_data_wrapper, aclexplode(coalesce(fdwacl, acldefault('F', fdwowner))) JOIN party ON id = grantee
UNION ALL
SELECT node, 'all', 'power', format('%s may set the parameter %s', name, parname),
    format('REVOKE ALL ON PARAMETER %s FROM %s', parname, name)
FROM pg_parameter_acl, aclexplode(paracl) JOIN party ON id = grantee
WHERE parname = 'lo_compat_privileges'
UNION ALL
SELECT 'public', 'all', 'power', 'lo_compat_privileges lets every role read and write every large object',
    format('ALTER DATABASE %I RESET lo_compat_privileges', current_database())
WHERE current_setting('lo_compat_privileges')::bool
UNION ALL
SELECT coalesce(node, 'public'), 'all', 'power',
    format('lo_compat_privileges is set for %s, so that it may read and write every large object', coalesce(name, 'every role of a database')),
    CASE WHEN node IS NULL THEN format('ALTER DATABASE %I RESET lo_compat_privileges', current_database())
        ELSE format('ALTER ROLE %s%s RESET lo_compat_privileges', name,
            (SELECT format(' IN DATABASE %I', datname) FROM pg_database WHERE oid = setdatabase)) END
FROM pg_db_role_setting LEFT JOIN party ON id = setrole AND setrole <> 0, unnest(setconfig) AS setting
WHERE split_part(setting, '=', 1) = 'lo_compat_privileges' AND split_part(setting, '=', 2) NOT IN ('off', 'false', 'no', '0')
    AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
UNION ALL
-- It runs in everybody's sessions.
SELECT node, 'all', 'run', format('the event trigger %I runs %s', evtname, pg_describe_object('pg_proc'::regclass, evtfoid, 0)),
    format('DROP EVENT TRIGGER %I', evtname)
FROM pg_event_trigger JOIN placed ON class = 'pg_proc'::regclass AND id = evtfoid
WHERE is_tenants
