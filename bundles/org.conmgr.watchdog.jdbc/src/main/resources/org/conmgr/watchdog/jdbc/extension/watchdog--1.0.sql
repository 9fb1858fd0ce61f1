-- The conmgr processes that are linked to the watchdog of this instance. For CREATE EXTENSION watchdog; also runs by
-- itself, as a superuser, where the server's extension directory cannot be written to. It is replicated to standbys,
-- while what the views show is each instance's own.

-- Reads what the watchdog keeps in pg_stat_tmp/, which is neither replicated nor copied by a base backup. There are two
-- files, because pgx_watchdog_publish() cannot replace one at once: the newer whole one counts. One that was not written
-- within the last 3 seconds is a dead watchdog's.
create function pgx_stat_get_watchdog(
    out watchdog text,
    out conmgr_name text,
    out conmgr_addr inet,
    out conmgr_port integer,
    out since timestamptz,
    out last_heard timestamptz,
    out last_beat bigint,
    out missed_beats bigint,
    out rtt_ms double precision,
    out bytes_received bigint,
    out bytes_sent bigint,
    out sessions integer,
    out heartbeat_interval double precision,
    out heartbeat_timeout double precision
) returns setof record
language plpgsql volatile security definer rows 10
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
    file text;
    document json;
    written double precision;
    newest json;
    newest_written double precision;
    broken boolean;
begin
    -- Once more, if one was caught half-written and then the other one: they are written in turns.
    for attempt in 1..5 loop
        broken := false;
        for slot in 0..1 loop
            begin
                file := 'pg_stat_tmp/conmgr_watchdog.' || slot || '.json';
                -- It may grow between the two calls.
                document := pg_read_file(file, 0, 2 * coalesce((pg_stat_file(file, true)).size, 0) + 65536, true)::json;
                written := (document ->> 'at')::double precision;
                if abs(extract(epoch from clock_timestamp()) - written) < 3
                   and (newest is null or written > newest_written) then
                    newest := document;
                    newest_written := written;
                end if;
            exception when data_exception or insufficient_privilege or system_error or wrong_object_type then
                broken := true; -- Half-written, or not a watchdog's: as if it were not there.
            end;
        end loop;
        exit when newest is not null or not broken;
    end loop;
    return query
        select newest ->> 'watchdog', link.name, link.addr, link.port, to_timestamp(link.since),
               to_timestamp(link.last_heard), link.last_beat, link.missed_beats, link.rtt_ms, link.bytes_received,
               link.bytes_sent, link.sessions, link.interval, link.timeout
          from json_to_recordset(newest -> 'links') as link (
               name text, addr inet, port integer, since double precision, last_heard double precision,
               last_beat bigint, missed_beats bigint, rtt_ms double precision, bytes_received bigint,
               bytes_sent bigint, sessions integer, "interval" double precision, "timeout" double precision);
end
$function$;

-- How a watchdog whose system user may not write into the data directory gets there: the server writes for it, these two
-- files and no other. Grant EXECUTE to the watchdog's role, if it is needed.
create function pgx_watchdog_publish(document text, slot integer) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
    execute format(
        'copy (select %L) to %L (format csv, delimiter E''\x02'', quote E''\x01'')',
        document::json,
        current_setting('data_directory') || '/pg_stat_tmp/conmgr_watchdog.' || (slot & 1) || '.json');
end
$function$;
revoke execute on function pgx_watchdog_publish(text, integer) from public;

create view pgx_stat_watchdog as
    select conmgr_addr, conmgr_port, ceil(heartbeat_interval)::integer as heartbeat_interval,
           ceil(heartbeat_timeout)::integer as heartbeat_timeout
      from pgx_stat_get_watchdog();
comment on view pgx_stat_watchdog is 'One row for each conmgr process that is linked to the watchdog of this instance';
grant select on pgx_stat_watchdog to public;

create view pgx_stat_watchdog_links as
    select watchdog, conmgr_name, conmgr_addr, conmgr_port,
           case when missed_beats > 0 then 'silent' else 'up' end as state,
           since, last_heard, last_beat, missed_beats, rtt_ms, bytes_received, bytes_sent, sessions,
           make_interval(secs => heartbeat_interval) as heartbeat_interval,
           make_interval(secs => heartbeat_timeout) as heartbeat_timeout
      from pgx_stat_get_watchdog();
comment on view pgx_stat_watchdog_links is 'The rows of pgx_stat_watchdog with all that is known of the links';
grant select on pgx_stat_watchdog_links to public;
