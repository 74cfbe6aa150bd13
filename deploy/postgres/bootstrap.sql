-- Run once by a superuser in the database of Signalbox, before the first `signalbox migrate run`.
-- Safe to run again. Give both logins a password afterwards: \password signalbox_app, \password signalbox_owner.

DO $$
BEGIN
    -- Owns the platform and every tenant's tables; makes and migrates them. Never serves a request.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_owner') THEN
        CREATE ROLE signalbox_owner LOGIN CREATEROLE;
    END IF;
    -- Serves and works. Owns nothing, makes nothing, and inherits nothing from the roles it may step into.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_app') THEN
        CREATE ROLE signalbox_app LOGIN NOINHERIT;
    END IF;
    -- Every tenant's role is in this group: it carries what they all may do in the platform's tables.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'signalbox_tenant') THEN
        CREATE ROLE signalbox_tenant NOLOGIN;
    END IF;
    EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO signalbox_owner', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO signalbox_app', current_database());
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    -- A statement that forgot its tenant finds an empty schema: an error, never data.
    EXECUTE format('ALTER ROLE signalbox_app IN DATABASE %I SET search_path = signalbox_nowhere', current_database());
    -- A statement whose client hung up ends within a second instead of at its own limit.
    EXECUTE format('ALTER ROLE signalbox_app IN DATABASE %I SET client_connection_check_interval = 1000', current_database());
END
$$;

GRANT signalbox_tenant TO signalbox_owner WITH ADMIN OPTION;
-- `signalbox doctor --db` sees how old the transactions of all logins are.
GRANT pg_read_all_stats TO signalbox_owner;
CREATE SCHEMA IF NOT EXISTS signalbox_nowhere;
GRANT USAGE ON SCHEMA signalbox_nowhere TO signalbox_app;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
CREATE SCHEMA IF NOT EXISTS platform AUTHORIZATION signalbox_owner;
