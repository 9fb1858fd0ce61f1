-- Values of many types, out and in, as text and through arrays, ranges, composites and JSON.
\set VERBOSITY terse
create type mood as enum ('sad', 'ok', 'happy');
create type pair as (a int, b text);
create domain positive as int check (value > 0);
create table t (i int primary key, n numeric, f float8, b boolean, s text, d date, ts timestamptz, iv interval,
  u uuid, j jsonb, x bytea, arr int[], m mood, p pair, r int4range, ip inet, bits bit varying(8));
set timezone = 'UTC';
insert into t values
  (1, 12345678901234567890.123456789, 1e300, true, 'äöü € 漢字 😀', '2024-02-29', '2024-02-29 12:34:56.789+02', '1 year 2 mons 3 days',
   '00112233-4455-6677-8899-aabbccddeeff', '{"a": [1, 2, {"b": null}]}', '\x00ff10', '{1,NULL,3}', 'ok', '(1,"x ""y"" ,")', '[1,10)', '10.1.2.3/8', b'10101'),
  (2, 'NaN', '-Infinity', false, '', '0044-03-15 BC', '-infinity', '-1 sec', null, '"text"', '', '{}', 'happy', null, 'empty', '::1', b'');
select * from t order by i;
\x
select * from t order by i;
\x
select p, (p).b, r * '[5,20)', arr || 4, x || '\x01'::bytea from t order by i;
select array_agg(g), sum(g), avg(g)::numeric(10, 3), string_agg(g::text, ',' order by g desc) from generate_series(1, 10) g;
select 0::positive;
select 'angry'::mood;
select repeat('x', 100000) = repeat('x', 100000), length(repeat('ab', 5000000)), md5(repeat('long', 1000000));
select g, repeat(chr(64 + g), g * 3) from generate_series(1, 26) g;
prepare q (int, text) as select $1 + 1, upper($2);
execute q (41, 'prepared');
execute q ('x', 'y');
deallocate q;
\gdesc
select 1 as one, 'two' as two \gdesc
select 1 \; select 2 \; select 1/0 \; select 3;
create table wide as select g as id, md5(g::text) as h from generate_series(1, 20000) g;
select count(*), min(h), max(h) from wide;
\pset format unaligned
select * from wide order by id limit 3000;
