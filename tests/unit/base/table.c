/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <weir/table.h>

static const struct table_column columns[] = {
	{.title = "Name", .wraps = true},
	{.title = "Count", .right = true},
};

/* What the table prints, `width` columns wide; the caller frees it. */
static char *printed(const struct table *table, unsigned int width, unsigned int indent)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	cr_assert_eq(table_print(table, out, width, indent), 0);
	fclose(out);
	return text;
}

static void expect_rows(const char *const (*rows)[2], unsigned int width, unsigned int indent,
			const char *wanted)
{
	struct table *table = table_create(columns, 2);

	for (; (*rows)[0] != NULL; rows++) {
		table_cell(table, "%s", (*rows)[0]);
		table_cell(table, "%s", (*rows)[1]);
	}
	char *text = printed(table, width, indent);

	cr_expect_str_eq(text, wanted);
	free(text);
	table_destroy(table);
}

Test(table, numbers_stand_at_the_right)
{
	expect_rows((const char *const[][2]){{"a", "1"}, {"bcdefg", "1,234,567"}, {NULL, NULL}}, 80,
		    2,
		    "  Name        Count\n"
		    "  a               1\n"
		    "  bcdefg  1,234,567\n");
}

Test(table, long_text_goes_on_in_the_next_line)
{
	expect_rows((const char *const[][2]){{"one two three four five", "5"},
					     {"x", "6"},
					     {NULL, NULL}},
		    22, 0,
		    "Name             Count\n"
		    "one two three        5\n"
		    "four five\n"
		    "x                    6\n");
}

Test(table, a_word_that_is_too_long_is_broken)
{
	expect_rows((const char *const[][2]){{"abcdefghijklmnopqrstuvwxyz", "5"}, {NULL, NULL}}, 20,
		    0,
		    "Name           Count\n"
		    "abcdefghijklm      5\n"
		    "nopqrstuvwxyz\n");
}

Test(table, characters_count_and_not_bytes)
{
	expect_rows((const char *const[][2]){{"█████", "1"}, {"abcde", "2"}, {NULL, NULL}}, 80, 0,
		    "Name   Count\n"
		    "█████      1\n"
		    "abcde      2\n");
}

Test(table, no_line_ends_in_blanks)
{
	expect_rows((const char *const[][2]){{"abc", ""}, {"", "2"}, {NULL, NULL}}, 80, 0,
		    "Name  Count\n"
		    "abc\n"
		    "          2\n");
}

Test(table, no_rows)
{
	expect_rows((const char *const[][2]){{NULL, NULL}}, 80, 0, "Name  Count\n");
}

/* Columns may have no titles, and a table may be printed in several widths. */
Test(table, text_goes_on_without_titles)
{
	static const struct table_column untitled[] = {{.right = false}, {.wraps = true}};
	struct table *table = table_create(untitled, 2);

	cr_assert_not_null(table);
	table_cell(table, "x");
	table_cell(table, "one two three four five six seven");
	table_cell(table, "y");
	table_cell(table, "eight");
	char *narrow = printed(table, 30, 0), *wide = printed(table, 36, 0);

	cr_expect_str_eq(narrow, "x  one two three four five six\n"
				 "   seven\n"
				 "y  eight\n");
	cr_expect_str_eq(wide, "x  one two three four five six seven\n"
			       "y  eight\n");
	free(narrow);
	free(wide);
	table_destroy(table);
}

Test(table, none_is_destroyed)
{
	table_destroy(NULL);
}
