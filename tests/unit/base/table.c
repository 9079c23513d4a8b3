/* SPDX-License-Identifier: BSD-3-Clause */
#include <criterion/criterion.h>
#include <stdlib.h>

#include <weir/table.h>

static void expect_print(struct table *table, unsigned int width, unsigned int indent,
			 const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	cr_assert_not_null(out);
	cr_expect_eq(table_print(table, out, width, indent), 0);
	fclose(out);
	cr_expect_str_eq(text, expected);
	free(text);
}

Test(table, numbers_to_the_right)
{
	static const struct table_column columns[] = {{.title = "name"},
						      {.title = "packets", .right = true}};
	struct table *table = table_create(columns, 2);

	cr_assert_not_null(table);
	expect_print(table, 80, 0, "name  packets\n");
	table_cell(table, "eth%d", 0);
	table_cell(table, "%d", 5);
	table_cell(table, "lo");
	table_cell(table, "%d", 1234);
	expect_print(table, 80, 2,
		     "  name  packets\n"
		     "  eth0        5\n"
		     "  lo       1234\n");
	table_destroy(table);
}

Test(table, text_goes_on_in_the_next_line)
{
	static const struct table_column columns[] = {{.right = false}, {.wraps = true}};
	struct table *table = table_create(columns, 2);

	cr_assert_not_null(table);
	table_cell(table, "x");
	table_cell(table, "one two three four five six seven");
	table_cell(table, "y");
	table_cell(table, "eight");
	expect_print(table, 30, 0,
		     "x  one two three four five six\n"
		     "   seven\n"
		     "y  eight\n");
	expect_print(table, 36, 0,
		     "x  one two three four five six seven\n"
		     "y  eight\n");
	table_destroy(table);
}

/* Characters of several bytes take one column, and empty cells leave no blanks behind. */
Test(table, columns_are_characters)
{
	static const struct table_column columns[] = {{.title = "bar"}, {.title = "n"}};
	struct table *table = table_create(columns, 2);

	cr_assert_not_null(table);
	table_cell(table, "█▌");
	table_cell(table, "1");
	table_cell(table, "köln");
	table_cell(table, "%s", "");
	expect_print(table, 80, 0,
		     "bar   n\n"
		     "█▌    1\n"
		     "köln\n");
	table_destroy(table);
	table_destroy(NULL);
}
