-- Notices, errors with all their fields, cursors, savepoints, two-phase commit, large objects, settings.
\set VERBOSITY verbose
set client_min_messages = debug1;
do $$ begin raise notice 'a notice'; raise warning 'a warning' using detail = 'its detail', hint = 'its hint'; raise info 'info'; end $$;
do $$ begin raise exception 'an error' using errcode = 'P0042', detail = 'its detail', hint = 'its hint', table = 't', column = 'c'; end $$;
do $$ begin for i in 1..300 loop raise notice 'notice number %', i; end loop; end $$;
reset client_min_messages;
select * from missing;
select 1 +;
select 'x'::int;
create table k (i int primary key, j int not null, check (j > 0));
insert into k values (1, 1), (1, 2);
insert into k values (1, null);
insert into k values (1, -1);
\set VERBOSITY default
begin;
declare cur scroll cursor for select g from generate_series(1, 1000) g;
fetch 3 from cur;
fetch last from cur;
fetch backward 2 from cur;
move absolute 500 in cur;
fetch next from cur;
close cur;
fetch next from cur;
commit;
\set FETCH_COUNT 7
select g, g * g from generate_series(1, 100) g;
\unset FETCH_COUNT
begin;
insert into k values (10, 1);
savepoint a;
insert into k values (10, 1);
rollback to a;
insert into k values (11, 1);
commit;
select * from k order by i;
begin;
insert into k values (20, 1);
prepare transaction 'two-phase';
select gid from pg_prepared_xacts;
commit prepared 'two-phase';
begin;
insert into k values (21, 1);
prepare transaction 'two-phase';
rollback prepared 'two-phase';
rollback prepared 'two-phase';
select * from k order by i;
begin;
select lo_from_bytea(424242, decode(repeat('00ff', 100000), 'hex'));
select length(lo_get(424242)), md5(lo_get(424242)), encode(lo_get(424242, 99990, 10), 'hex');
select lo_put(424242, 5, '\x010203');
select encode(lo_get(424242, 0, 10), 'hex');
commit;
select lo_unlink(424242);
select lo_get(424242);
show conmgr.target_session_attrs;
set application_name = 'ä name';
show application_name;
select current_setting('client_encoding'), current_setting('server_encoding');
set client_encoding = 'LATIN1';
select 'äöü';
reset client_encoding;
listen channel;
unlisten *;
explain (costs off) select * from k where i = 1;
\d k
\dt
