#include "drivers/dump_scan.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"
#include "base/hash.hpp"
#include "drivers/postgres.hpp"
#include "scratch.hpp"

using namespace belay;
using postgres::DumpScan;

namespace {

// As pg_dump 15 writes it; a function whose text looks like a COPY, and a row that looks like the completion
// mark.
const std::string dump_text = R"(--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18

SET statement_timeout = 0;

CREATE FUNCTION public.f() RETURNS text LANGUAGE sql AS $$
-- as in:
COPY public.other (a) FROM stdin;
select 'x';
$$;

--
-- Data for Name: customers; Type: TABLE DATA; Schema: public; Owner: crm
--

COPY public.customers (id, name) FROM stdin;
1	Ana
2	COPY public.t (x) FROM stdin;
3	
\.


--
-- Data for Name: empty; Type: TABLE DATA; Schema: public; Owner: crm
--

COPY public.empty (id) FROM stdin;
\.


--
-- Data for Name: notes; Type: TABLE DATA; Schema: public; Owner: crm
--

COPY public.notes (text) FROM stdin;
--
-- PostgreSQL database dump complete
--
\.


ALTER TABLE ONLY public.customers ADD CONSTRAINT customers_pkey PRIMARY KEY (id);


--
-- PostgreSQL database dump complete
--

)";

struct Read {
  bool whole;
  std::uint64_t tables, rows, bytes;
  std::string sha256;
};
Read read(std::string_view text, std::size_t piece = 100'000) {
  DumpScan scan;
  for (std::size_t at = 0; at < text.size(); at += piece) scan.feed(text.substr(at, piece));
  scan.finish();
  return {scan.whole(), scan.tables(), scan.rows(), scan.bytes(), scan.sha256()};
}

}  // namespace

TEST_CASE("a whole dump is counted and hashed in one reading, however it is cut") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{100'000}}) {
    CAPTURE(piece);
    const Read found = read(dump_text, piece);
    CHECK(found.whole);
    CHECK(found.tables == 3);
    CHECK(found.rows == 3 + 0 + 3);
    CHECK(found.bytes == dump_text.size());
    CHECK(found.sha256 == sha256_hex(dump_text));
  }
}

TEST_CASE("a dump that is cut anywhere before its mark is not whole") {
  const std::size_t mark_ends = dump_text.rfind("--\n") + 2;
  int cuts = 0;
  for (std::size_t length = 0; length < mark_ends; ++length, ++cuts) {
    if (read(std::string_view(dump_text).substr(0, length)).whole)
      FAIL("cut at " << length << " passes for whole");
  }
  CHECK(cuts > 700);
  for (std::size_t length = mark_ends; length <= dump_text.size(); ++length)
    CHECK(read(std::string_view(dump_text).substr(0, length)).whole);
}

TEST_CASE("what newer pg_dumps add after the mark is fine; anything else is not") {
  CHECK(read(dump_text + "\\unrestrict dSkfj39\n\n").whole);
  CHECK(!read(dump_text + "pg_dump: error: connection lost\n").whole);
  CHECK(!read("-- PostgreSQL database dump complete\n").whole);
  CHECK(!read("").whole);
}

TEST_CASE("lines longer than any buffer are rows like others") {
  const std::string long_row(300'000, 'r');
  std::string text = dump_text;
  text.insert(text.find("1\tAna"), long_row + "\n");
  const Read found = read(text, 4096);
  CHECK(found.whole);
  CHECK(found.rows == 7);
}

TEST_CASE("verify says what a dump holds, and throws where it is not whole") {
  const testing::Scratch scratch;
  const postgres::Dump dump = postgres::verify(scratch.write("good.sql", dump_text));
  CHECK(dump.tables == 3);
  CHECK(dump.bytes == dump_text.size());
  CHECK_THROWS_AS(postgres::verify(scratch.write("cut.sql", dump_text.substr(0, 700))), Error);
  CHECK_THROWS_AS(postgres::verify(scratch.write("empty.sql", "")), Error);
  CHECK_THROWS_AS(postgres::verify(scratch / "absent.sql"), Error);
}
