/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"

static void expect_plain(const char *from, const char *wanted)
{
	json_t *answer = answer_plain(json_loads(from, 0, NULL)),
	       *expected = json_loads(wanted, 0, NULL);

	cr_assert(answer != NULL && expected != NULL);
	char *text = json_dumps(answer, JSON_COMPACT);

	cr_expect(json_equal(answer, expected), "%s -> %s", from, text);
	free(text);
	json_decref(answer);
	json_decref(expected);
}

Test(answer, lists_of_objects_are_keyed_by_rank)
{
	expect_plain("{\"rows\":[{\"a\":7},{\"a\":8,\"b\":[{\"c\":9}]}]}",
		     "{\"rows\":{\"1\":{\"a\":7},\"2\":{\"a\":8,\"b\":{\"1\":{\"c\":9}}}}}");
}

Test(answer, scalars)
{
	expect_plain("{\"t\":true,\"f\":false,\"n\":null,\"r\":571.5,\"i\":3,\"s\":\"x\"}",
		     "{\"t\":1,\"f\":0,\"r\":572,\"i\":3,\"s\":\"x\"}");
	expect_plain("{\"numbers\":[1,2.4],\"texts\":[\"a\",\"b\"],\"none\":[]}",
		     "{\"numbers\":[1,2],\"texts\":[\"a\",\"b\"],\"none\":[]}");
}

Test(answer, keys_and_texts_are_what_rte_telemetry_allows)
{
	expect_plain("{\"a-b c\":\"caf\\u00e9\\n\"}", "{\"a_b_c\":\"caf???\"}");
}

Test(answer, long_texts_end_in_dots)
{
	char text[ANSWER_TEXT + 2];

	memset(text, 'x', sizeof(text) - 1);
	text[ANSWER_TEXT + 1] = '\0';
	json_t *answer = answer_plain(json_pack("{s:s, s:s}", "long", text, "fits", text + 1));
	const char *cut = json_string_value(json_object_get(answer, "long"));

	cr_expect_eq(strlen(cut), ANSWER_TEXT);
	cr_expect_str_eq(cut + ANSWER_TEXT - 4, "x...");
	cr_expect_str_eq(json_string_value(json_object_get(answer, "fits")), text + 1);
	json_decref(answer);
}

Test(answer, without_memory_there_is_none)
{
	cr_expect_null(answer_plain(NULL));
}

/* Put `count` rows of about 100 bytes into an answer of at most `most` bytes. */
static json_t *filled(size_t count, size_t most, bool objects)
{
	const struct answer_list list = {"rows", "total", "shown", 1000, most};
	json_t *answer = json_pack("{s:s}", "dimension", "source"), *rows = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			rows,
			objects ? json_pack("{s:I, s:s}", "number", (json_int_t)i, "text",
					    "seventy bytes of text that stand for addresses and "
					    "counters of a row")
				: json_string("a hundred bytes of text, more or less, that stand "
					      "for a name of a capture file"));
	answer_put_list(&answer, &list, rows);
	cr_assert_not_null(answer);
	return answer;
}

static size_t shown(const json_t *answer)
{
	return (size_t)json_integer_value(json_object_get(answer, "shown"));
}

Test(answer, a_list_that_fits_is_whole)
{
	json_t *answer = filled(20, ANSWER_BYTES, true);

	cr_expect_eq(shown(answer), 20);
	cr_expect_eq(json_integer_value(json_object_get(answer, "total")), 1000);
	cr_expect_eq(json_object_size(json_object_get(answer, "rows")), 20);
	json_decref(answer);
}

Test(answer, a_list_that_does_not_fit_says_so)
{
	for (int objects = 0; objects < 2; objects++)
		for (size_t most = 1000; most <= ANSWER_BYTES; most += 370) {
			json_t *answer = filled(250, most, objects != 0);
			const json_t *rows = json_object_get(answer, "rows");
			size_t rest = most - answer_bytes(answer);

			cr_expect_leq(answer_bytes(answer), most);
			cr_expect_eq(shown(answer),
				     objects ? json_object_size(rows) : json_array_size(rows));
			cr_expect_lt(shown(answer), 250);
			cr_expect_lt(rest, 300, "room for another row was left: %zu of %zu", rest,
				     most);
			json_decref(answer);
		}
}

Test(answer, an_empty_list)
{
	json_t *answer = filled(0, ANSWER_BYTES, true);

	cr_expect_eq(shown(answer), 0);
	cr_expect_not_null(json_object_get(answer, "rows"));
	json_decref(answer);
}

/* What is longer than a string of the socket is not cut. */
Test(prefilter, long_texts_go_on_in_a_second_member)
{
	static char line[201];
	json_t *answer;
	const char *first, *more;

	memset(line, 'a', 150);
	memset(line + 150, 'b', 50);
	answer = answer_plain(answer_error(line));
	first = json_string_value(json_object_get(answer, "error"));
	more = json_string_value(json_object_get(answer, "error_more"));
	cr_assert(first != NULL && more != NULL);
	cr_expect_eq(strlen(first) + strlen(more), 200);
	cr_expect_eq(more[strlen(more) - 1], 'b');
	json_decref(answer);
	answer = answer_plain(answer_error("short"));
	cr_expect_null(json_object_get(answer, "error_more"));
	json_decref(answer);
}
