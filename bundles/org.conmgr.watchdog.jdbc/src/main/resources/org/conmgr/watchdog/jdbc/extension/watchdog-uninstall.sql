-- Undoes watchdog--1.0.sql where it was run by itself. An extension is undone by DROP EXTENSION watchdog.
drop view pgx_stat_watchdog_links;
drop view pgx_stat_watchdog;
drop function pgx_watchdog_publish(text, integer);
drop function pgx_stat_get_watchdog();
