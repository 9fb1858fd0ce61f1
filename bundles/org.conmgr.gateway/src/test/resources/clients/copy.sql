-- COPY both ways, in all formats, with errors in between.
create table c (i int, s text);
copy c from stdin;
1	eins
2	zwei \\ \t tab
3	\N
\.
copy c from stdin with (format csv, header);
i,s
4,"a ""quoted"", text
over two lines"
5,
\.
copy c to stdout;
copy c to stdout with (format csv, header, force_quote *);
copy (select i, upper(s) from c order by i) to stdout;
copy c from stdin;
6	six
not a number	x
7	seven
\.
select count(*) from c;
copy nowhere from stdin;
\.
copy nowhere to stdout;
copy (select 1/0) to stdout;
insert into c select g, repeat('row ' || g, 10) from generate_series(100, 50000) g;
\copy (select * from c where i >= 100 order by i) to stdout
create table c2 (like c);
\copy c2 from program 'seq 1 30000 | sed "s/$/\ttext/"'
select count(*), sum(i), max(s) from c2;
begin;
copy c2 from stdin;
99999	in a transaction
\.
rollback;
select count(*) from c2;
\copy (select g, repeat('x', 1000) from generate_series(1, 20000) g) to program 'md5sum'
