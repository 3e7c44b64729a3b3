-- What differs from the rights that tenants' schemas and roles have when they are as planned:
-- the schema, what differs in words, and the statement that takes it back, where one is needed
-- beside those that grant what is missing.
-- $1 to $5, in step: schemas, owner roles, application roles, migrator roles or null, and search paths with
-- commas between the names, or null for a tenant that is not planned.
WITH tenant AS (
    SELECT t.schema, t.owner, t.app, t.migrator, string_to_array(t.path, ',') AS path, n.oid AS namespace, n.nspowner,
        n.nspacl, o.oid AS owner_id, a.oid AS app_id, m.oid AS migrator_id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) AS t (schema, owner, app, migrator, path)
    JOIN pg_namespace n ON n.nspname = t.schema
    JOIN pg_roles o ON o.rolname = t.owner
    JOIN pg_roles a ON a.rolname = t.app
    LEFT JOIN pg_roles m ON m.rolname = t.migrator
),
-- The roles that log in.
login AS (
    SELECT schema, app AS name, app_id AS id, path FROM tenant
    UNION ALL
    SELECT schema, migrator, migrator_id, path FROM tenant WHERE migrator_id IS NOT NULL
),
role AS (
    SELECT schema, owner_id AS id, '{}'::text[] AS on_database, path FROM tenant
    UNION ALL
    SELECT schema, id, '{CONNECT}', path FROM login
),
-- What rights can be given on within a schema, who holds all of them, and what the application is
-- to have. What belongs to an extension is given out by the extension. A sequence that belongs to a
-- column has the owner of its table.
every_object AS (
    SELECT schema, owner_id, app_id, 'SCHEMA' AS class, quote_ident(schema) AS name, nspowner AS holder,
        coalesce(nspacl, acldefault('n', nspowner)) AS acl, '{USAGE}'::text[] AS rights, NULL AS given_as
    FROM tenant
    UNION ALL
    SELECT schema, owner_id, app_id, CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
        format('%I.%I', schema, relname),
        relowner, coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)),
        CASE relkind WHEN 'S' THEN '{USAGE,SELECT}' ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::text[],
        CASE WHEN relkind = 'S' AND EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass
            AND objid = c.oid AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')) THEN NULL ELSE 'TABLE' END
    FROM tenant
    JOIN pg_class c ON relnamespace = namespace AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    UNION ALL
    SELECT schema, owner_id, app_id, 'ROUTINE', p.oid::regprocedure::text, proowner,
        coalesce(proacl, acldefault('f', proowner)), '{EXECUTE}', 'ROUTINE'
    FROM tenant
    JOIN pg_proc p ON pronamespace = namespace
    WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
),
-- Those whose rights the administrator can set, as the owner role or as who else holds them. The
-- others are told as out of reach: they stop neither their tenant nor another.
object AS (
    SELECT * FROM every_object
    WHERE class = 'SCHEMA' OR holder = owner_id OR pg_has_role(holder, 'USAGE')
),
wanted AS (
    SELECT schema, class, name, app_id AS grantee, right_ AS privilege FROM object, unnest(rights) AS right_
    UNION ALL
    SELECT schema, 'DATABASE', quote_ident(current_database()), id, right_ FROM role, unnest(on_database) AS right_
    UNION ALL
    SELECT schema, 'SCHEMA', nspname, id, 'USAGE' FROM role JOIN pg_namespace ON nspname = 'extensions'
    WHERE nspname = ANY (path)
),
-- Rights that somebody has beside the holder. On what tenants share, only tenants are looked at:
-- the rest is looked at when the database is closed.
given AS (
    SELECT schema, class, name, grantee, privilege_type AS privilege, is_grantable
    FROM object, aclexplode(acl)
    WHERE grantee <> holder
    UNION ALL
    SELECT schema, 'TABLE', format('%I.%I', schema, relname), grantee,
        format('%s (%I)', privilege_type, attname), is_grantable
    FROM tenant
    JOIN pg_class c ON relnamespace = namespace
    JOIN pg_attribute ON attrelid = c.oid AND attacl IS NOT NULL, aclexplode(attacl)
    WHERE grantee <> relowner AND (relowner = owner_id OR pg_has_role(relowner, 'USAGE'))
    UNION ALL
    SELECT schema, 'DATABASE', quote_ident(datname), grantee, privilege_type, is_grantable
    FROM pg_database, aclexplode(datacl)
    JOIN role ON role.id = grantee
    WHERE datname = current_database()
    UNION ALL
    SELECT schema, 'SCHEMA', nspname, grantee, privilege_type, is_grantable
    FROM pg_namespace, aclexplode(nspacl)
    JOIN role ON role.id = grantee
    WHERE nspname IN ('public', 'extensions')
),
-- Rights on what will be made. Those without a schema replace the built-in ones, so that functions
-- are not everybody's; those with a schema add to them.
default_acl AS (
    SELECT schema, d.* FROM role JOIN pg_default_acl d ON defaclrole = role.id
    UNION
    SELECT schema, d.* FROM tenant JOIN pg_default_acl d ON defaclnamespace = namespace
),
default_wanted AS (
    SELECT schema, owner_id AS role, namespace, kind::"char", app_id AS grantee, right_ AS privilege
    FROM tenant, (VALUES
        ('r', '{SELECT,INSERT,UPDATE,DELETE}'::text[]), ('S', '{USAGE,SELECT}'), ('f', '{EXECUTE}')
    ) AS w (kind, rights), unnest(rights) AS right_
),
default_given AS (
    SELECT schema, defaclrole AS role, defaclnamespace AS namespace, defaclobjtype AS kind, grantee,
        privilege_type AS privilege, is_grantable
    FROM default_acl, aclexplode(defaclacl)
    WHERE NOT (defaclnamespace = 0 AND grantee = defaclrole)
),
grantee AS (
    SELECT id, CASE id WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(id)) END AS name
    FROM (SELECT grantee FROM given UNION SELECT grantee FROM default_given
          UNION SELECT grantee FROM wanted UNION SELECT grantee FROM default_wanted) AS all_ (id)
),
fault (schema, fault, repair) AS (
    -- Rights that are not planned, or may be passed on.
    SELECT schema, format('%s has %s on %s %s', grantee.name, string_agg(privilege, ', ' ORDER BY privilege),
            lower(class), given.name),
        format('REVOKE ALL ON %s %s FROM %s CASCADE', class, given.name, grantee.name)
    FROM given JOIN grantee ON grantee.id = given.grantee
    WHERE is_grantable OR (schema, class, given.name, grantee, privilege)
        NOT IN (SELECT schema, class, name, grantee, privilege FROM wanted)
    GROUP BY schema, class, given.name, grantee.name
    UNION ALL
    -- Rights that are planned and not there.
    SELECT schema, format('%s lacks %s on %s %s', grantee.name, string_agg(privilege, ', ' ORDER BY privilege),
            lower(class), missing.name),
        format('GRANT %s ON %s %s TO %s', string_agg(privilege, ', ' ORDER BY privilege), class, missing.name, grantee.name)
    FROM (SELECT * FROM wanted EXCEPT SELECT schema, class, name, grantee, privilege FROM given) AS missing
    JOIN grantee ON grantee.id = missing.grantee
    GROUP BY schema, class, missing.name, grantee.name
    UNION ALL
    -- The same two of rights on what will be made.
    SELECT schema, format('%s will have %s on what %I makes', name, string_agg(privilege, ', ' ORDER BY privilege),
            pg_get_userbyid(role)),
        format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE ALL ON %s FROM %s CASCADE', pg_get_userbyid(role),
            (SELECT ' IN SCHEMA ' || quote_ident(nspname) FROM pg_namespace WHERE oid = namespace),
            CASE kind WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES'
                WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END,
            name)
    FROM default_given JOIN grantee ON id = grantee
    WHERE is_grantable OR (schema, role, namespace, kind, grantee, privilege)
        NOT IN (SELECT schema, role, namespace, kind, grantee, privilege FROM default_wanted)
    GROUP BY schema, role, namespace, kind, name
    UNION ALL
    SELECT schema, format('%s will lack %s on what %I makes', name, string_agg(privilege, ', ' ORDER BY privilege),
            pg_get_userbyid(role)), NULL
    FROM (
        SELECT * FROM default_wanted
        EXCEPT SELECT schema, role, namespace, kind, grantee, privilege FROM default_given
    ) AS missing
    JOIN grantee ON id = grantee
    GROUP BY schema, role, name
    UNION ALL
    SELECT schema, format('PUBLIC will have EXECUTE on what %I makes', owner), NULL
    FROM tenant
    WHERE NOT EXISTS (
        SELECT FROM pg_default_acl WHERE defaclrole = owner_id AND defaclnamespace = 0 AND defaclobjtype = 'f'
    )
    UNION ALL
    -- What roles are, and what they are members of: nothing, except that the migrator is one of the owner.
    SELECT schema, format('the schema is owned by %I', pg_get_userbyid(nspowner)),
        format('ALTER SCHEMA %I OWNER TO %I', schema, owner)
    FROM tenant
    WHERE nspowner <> owner_id
    UNION ALL
    SELECT schema, format('the %s %s belongs to %I', lower(class), name, pg_get_userbyid(holder)),
        format('ALTER %s %s OWNER TO %I', given_as, name, pg_get_userbyid(owner_id))
    FROM object
    WHERE given_as IS NOT NULL AND holder <> owner_id
    UNION ALL
    SELECT schema, format('%I is no member of %I', current_user, owner), NULL
    FROM tenant
    WHERE NOT pg_has_role(owner_id, 'USAGE')
    UNION ALL
    -- Before 16, a membership belongs to nobody; since then, to the role that gave it.
    -- Source: PostgreSQL 16 release notes, "Privileges".
    SELECT schema, format('%I is a member of %I', pg_get_userbyid(member), pg_get_userbyid(roleid)),
        format('REVOKE %I FROM %I%s CASCADE', pg_get_userbyid(roleid), pg_get_userbyid(member),
            CASE WHEN current_setting('server_version_num')::int >= 160000
                THEN format(' GRANTED BY %I', pg_get_userbyid(grantor)) END)
    FROM role JOIN tenant USING (schema) JOIN pg_auth_members ON member = role.id
    WHERE (member = migrator_id AND roleid = owner_id AND NOT admin_option) IS NOT TRUE
    UNION ALL
    -- Members of tenants' roles: the administrator of the owner, and the migrator. Superusers need no membership. What
    -- is a member of another tenant's role is told of as that tenant's above.
    SELECT schema, format('%I is a member of %I', r.rolname, pg_get_userbyid(roleid)),
        format('REVOKE %I FROM %I%s CASCADE', pg_get_userbyid(roleid), r.rolname,
            CASE WHEN current_setting('server_version_num')::int >= 160000
                THEN format(' GRANTED BY %I', pg_get_userbyid(grantor)) END)
    FROM role JOIN tenant USING (schema) JOIN pg_auth_members ON roleid = role.id JOIN pg_roles r ON r.oid = member
    WHERE r.rolname <> current_user AND NOT rolsuper AND member NOT IN (SELECT id FROM role)
    UNION ALL
    -- Large objects, which every role may create, and open to others. Only a member of their owner may close them; as
    -- many as a statement should hold at once.
    SELECT schema, format('%s has %s on %s large objects of %I, such as %s', name, privileges, cardinality(oids), rolname, oids[1]),
        CASE WHEN pg_has_role(lomowner, 'USAGE') THEN closing
            WHEN current_setting('server_version_num')::int >= 160000 THEN
                format('GRANT %1$I TO CURRENT_USER WITH INHERIT TRUE, SET TRUE; %2$s; REVOKE %1$I FROM CURRENT_USER GRANTED BY CURRENT_USER',
                    rolname, closing)
            ELSE format('GRANT %1$I TO CURRENT_USER; %2$s; REVOKE %1$I FROM CURRENT_USER', rolname, closing) END
    FROM (
        SELECT schema, lomowner, rolname, name, string_agg(DISTINCT privilege_type, ', ') AS privileges,
            array_agg(DISTINCT l.oid) AS oids,
            format('REVOKE ALL ON LARGE OBJECT %s FROM %s CASCADE',
                array_to_string((array_agg(DISTINCT l.oid))[:1000], ', '), name) AS closing
        FROM role
        JOIN pg_roles r ON r.oid = role.id
        JOIN pg_largeobject_metadata l ON lomowner = role.id
        CROSS JOIN LATERAL aclexplode(lomacl)
        CROSS JOIN LATERAL (SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END) AS g (name)
        WHERE grantee NOT IN (SELECT id FROM role AS own WHERE own.schema = role.schema)
        GROUP BY schema, lomowner, rolname, name
    ) AS lent
    UNION ALL
    SELECT schema, format('%I is no member of %I', migrator, owner), format('GRANT %I TO %I', owner, migrator)
    FROM tenant
    WHERE migrator_id IS NOT NULL AND NOT pg_has_role(migrator_id, owner_id, 'MEMBER')
    UNION ALL
    SELECT schema, format('%I does not act as %I', migrator, owner), NULL
    FROM tenant
    LEFT JOIN pg_db_role_setting ON setrole = migrator_id
        AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    WHERE migrator_id IS NOT NULL AND ('role=' || owner) = ANY (setconfig) IS NOT TRUE
    UNION ALL
    SELECT schema, format('%I can log in', owner), NULL
    FROM tenant JOIN pg_roles r ON r.oid = owner_id
    WHERE rolcanlogin
    UNION ALL
    SELECT schema, format('%I cannot log in', name), NULL
    FROM login JOIN pg_roles r ON r.oid = id
    WHERE NOT rolcanlogin
    UNION ALL
    SELECT schema, format('%I cannot log in after %s', name, rolvaliduntil::timestamp), NULL
    FROM login JOIN pg_roles r ON r.oid = id
    WHERE rolvaliduntil < 'infinity'
    UNION ALL
    SELECT schema, format('%I is %s', rolname, attribute), format('ALTER ROLE %I NO%s', rolname, attribute)
    FROM role JOIN pg_roles r ON r.oid = role.id, LATERAL (VALUES
        ('SUPERUSER', rolsuper), ('CREATEDB', rolcreatedb), ('CREATEROLE', rolcreaterole),
        ('INHERIT', rolinherit), ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls)
    ) AS a (attribute, has)
    WHERE has
    UNION ALL
    SELECT schema, format('%I finds names elsewhere than in %s', name, array_to_string(path, ', ')), NULL
    FROM login
    LEFT JOIN pg_db_role_setting ON setrole = id
        AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    WHERE path IS NOT NULL AND ('search_path=' || (
        SELECT string_agg(quote_ident(part), ', ' ORDER BY position)
        FROM unnest(path) WITH ORDINALITY AS p (part, position)
    )) = ANY (setconfig) IS NOT TRUE
    UNION ALL
    -- Settings that make a session another's, one that cannot write, or one that cannot begin or last: every role may
    -- set them for itself. Others, such as those of an audit, are an operator's own affair.
    SELECT schema, format('%I is set to %s', rolname, setting),
        format('ALTER ROLE %I%s RESET %I', rolname, (SELECT format(' IN DATABASE %I', datname) FROM pg_database WHERE oid = setdatabase),
            split_part(setting, '=', 1))
    FROM role
    JOIN tenant USING (schema)
    JOIN pg_roles r ON r.oid = role.id
    JOIN pg_db_role_setting ON setrole = role.id, unnest(setconfig) AS setting
    WHERE (role.id = migrator_id AND setdatabase <> 0 AND setting = 'role=' || owner) IS NOT TRUE AND split_part(setting, '=', 1) IN ('role', 'default_transaction_read_only',
            'transaction_read_only', 'local_preload_libraries', 'row_security', 'idle_session_timeout', 'transaction_timeout')
        AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
)
SELECT schema, fault, repair FROM fault ORDER BY schema, fault
