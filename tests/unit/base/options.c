/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include <weir/options.h>

enum colour { RED = 1, GREEN };

struct values {
	const char *name;
	uint16_t few;
	uint32_t some;
	uint64_t many, time;
	enum colour colour;
	bool quiet;
	struct option_list files;
	struct option_conf conf;
	unsigned int own;
};

static int take_own(const char *name, const char *text, void *into, struct error *error)
{
	if (strcmp(text, "bad") == 0)
		return error_set(error, EINVAL, "--%s %s: is bad", name, text);
	((struct values *)into)->own++;
	return 0;
}

static const struct option_choice colours[] = {{"red", RED}, {"green", GREEN}, {0}};

static const struct option_row rows[] = {
	{"name", "TEXT", "a name", OPTION_TEXT, OPTION_INTO(struct values, name)},
	{"few", "N", "a few", OPTION_NUMBER, OPTION_INTO(struct values, few), .low = 1,
	 .high = UINT16_MAX, .letter = 'f'},
	{"some", "N", "some", OPTION_NUMBER, OPTION_INTO(struct values, some), .low = 5, .high = 10,
	 .usual = "7"},
	{"many", "N", "many", OPTION_NUMBER, OPTION_INTO(struct values, many), .low = 0,
	 .high = UINT64_MAX},
	{"time", "S", "a time", OPTION_SECONDS, OPTION_INTO(struct values, time), .low = 1000000,
	 .high = 60000000000, .usual = "1.5"},
	{"colour", NULL, "a colour", OPTION_CHOICE, OPTION_INTO(struct values, colour),
	 .choices = colours},
	{"quiet", NULL, "say nothing", OPTION_FLAG, OPTION_INTO(struct values, quiet),
	 .letter = 'q'},
	{"file", "FILE", "a file", OPTION_LIST, OPTION_INTO(struct values, files), .high = 3},
	{"own", "TEXT", "read here", OPTION_OWN, .take = take_own},
	{"conf", "FILE", "options from a file", OPTION_CONF, OPTION_INTO(struct values, conf)},
	{"help", NULL, "print this", .type = OPTION_HELP},
};

static const struct option_table table = {
	.program = "test",
	.version = "0",
	.before = "usage: test\n",
	.after = "the end\n",
	.rows = rows,
	.count = sizeof(rows) / sizeof(rows[0]),
	.size = sizeof(struct values),
	.hint = "",
};

#define MOST 16

/* The command line "test", and what follows up to NULL. */
static int read_words(struct values *values, int *rest, struct error *error,
		      const char *const *words)
{
	char *argv[MOST + 2] = {(char *)"test"};
	int argc = 1;

	for (; *words != NULL; words++)
		argv[argc++] = (char *)*words;
	return options_read(&table, argc, argv, values, rest, error);
}
#define READ(values, rest, error, ...)                                                             \
	read_words(values, rest, error, (const char *const[]){__VA_ARGS__, NULL})

static void expect_wrong(const char *said, const char *const *words)
{
	struct values values;
	struct error error = {0};

	cr_expect_eq(read_words(&values, NULL, &error, words), -EINVAL, "%s", words[0]);
	cr_expect_not_null(strstr(error.text, said), "\"%s\" is not in \"%s\"", said, error.text);
	options_release(&table, &values);
}
#define WRONG(said, ...) expect_wrong(said, (const char *const[]){__VA_ARGS__, NULL})

/* A file with that text; its name is good until the next one. */
static const char *file_of(const char *text, size_t length)
{
	static char path[32];
	int fd;

	strcpy(path, "/tmp/weir-options-XXXXXX");
	fd = mkstemp(path);
	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, length), (ssize_t)length);
	close(fd);
	return path;
}

Test(options, defaults)
{
	struct values values;

	cr_assert_eq(read_words(&values, NULL, NULL, (const char *const[]){NULL}), OPTIONS_RUN);
	cr_expect_null(values.name);
	cr_expect_eq(values.few, 0);
	cr_expect_eq(values.some, 7);
	cr_expect_eq(values.time, 1500000000);
	cr_expect_not(values.quiet);
	options_release(&table, &values);
}

Test(options, command_line)
{
	struct values values;
	struct error error;
	int rest;

	cr_assert_eq(READ(&values, &rest, &error, "--name", "x", "--few=65535", "word", "--some",
			  "10", "--many", "18446744073709551615", "--time", "0.001", "--colour",
			  "green", "--quiet", "--own", "a", "--own", "b"),
		     OPTIONS_RUN);
	cr_expect_str_eq(values.name, "x");
	cr_expect_eq(values.few, 65535);
	cr_expect_eq(values.some, 10);
	cr_expect_eq(values.many, UINT64_MAX);
	cr_expect_eq(values.time, 1000000);
	cr_expect_eq(values.colour, GREEN);
	cr_expect(values.quiet);
	cr_expect_eq(values.own, 2);
	cr_expect_eq(rest, 17, "the word was moved to the end");
	options_release(&table, &values);
}

Test(options, short_names)
{
	struct values values;
	struct error error;
	int rest;

	cr_assert_eq(READ(&values, &rest, &error, "-qf3", "word"), OPTIONS_RUN, "%s", error.text);
	cr_expect(values.quiet);
	cr_expect_eq(values.few, 3);
	cr_expect_eq(rest, 2);
	cr_assert_eq(READ(&values, &rest, &error, "word", "-f", "4", "--few=5"), OPTIONS_RUN);
	cr_expect_eq(values.few, 5);
	cr_expect_eq(rest, 4, "the word has moved behind the options");
	WRONG("-f: needs a value", "-f");
	WRONG("-n: no such option", "-n");
	WRONG("--few 0", "-f", "0");
}

Test(options, what_is_refused)
{
	WRONG("--some 4: not a whole number from 5 to 10", "--some", "4");
	WRONG("--some 11", "--some", "11");
	WRONG("--some +7", "--some", "+7");
	WRONG("--some 7x", "--some", "7x");
	WRONG("--some: its value is empty", "--some", "");
	WRONG("--name: its value is empty", "--name", "");
	WRONG("--few 65536", "--few", "65536");
	WRONG("--many 18446744073709551616", "--many", "18446744073709551616");
	WRONG("--time 0.0009: not a time from 0.001 to 60 seconds", "--time", "0.0009");
	WRONG("--time 61", "--time", "61");
	WRONG("--time nan", "--time", "nan");
	WRONG("--colour blue: there is no such colour; use red or green", "--colour", "blue");
	WRONG("--own bad: is bad", "--own", "bad");
	WRONG("--file 4: given more than 3 times", "--file", "1", "--file", "2", "--file", "3",
	      "--file", "4");
	WRONG("--nonsense: no such option", "--nonsense");
	WRONG("-x: no such option", "-xyz");
	WRONG("--quiet: takes no value; leave out \"=5\"", "--quiet=5");
	WRONG("--name: needs a value", "--name");
	WRONG("word: a word without an option", "word");
}

Test(options, file)
{
	static const char text[] = "# a comment\n"
				   "\n"
				   "  name = \"a # name \"  # another\r\n"
				   "some=8\n"
				   "quiet\n"
				   "colour = red\n"
				   "file = one#1\n"
				   "file = two words\n"
				   "own = x";
	const char *path = file_of(text, sizeof(text) - 1);
	struct values values;
	struct error error = {0};

	cr_assert_eq(READ(&values, NULL, &error, "--conf", path), OPTIONS_RUN, "%s", error.text);
	cr_expect_str_eq(values.name, "a # name ");
	cr_expect_eq(values.some, 8);
	cr_expect(values.quiet);
	cr_expect_eq(values.colour, RED);
	cr_assert_eq(values.files.count, 2);
	cr_expect_str_eq(values.files.words[0], "one#1");
	cr_expect_str_eq(values.files.words[1], "two words");
	cr_expect_eq(values.own, 1);
	options_release(&table, &values);

	/* The command line wins, for lists as a whole. */
	cr_assert_eq(READ(&values, NULL, &error, "--file", "three", "--conf", path, "--some", "9"),
		     OPTIONS_RUN);
	cr_expect_eq(values.some, 9);
	cr_assert_eq(values.files.count, 1);
	cr_expect_str_eq(values.files.words[0], "three");
	cr_expect_str_eq(values.name, "a # name ");
	options_release(&table, &values);
	unlink(path);
}

static void expect_wrong_file(const char *text, size_t length, const char *said)
{
	const char *path = file_of(text, length);

	WRONG(said, "--conf", path);
	/* Also where the command line would win. */
	WRONG(said, "--some", "6", "--conf", path);
	unlink(path);
}
#define WRONG_FILE(text, said) expect_wrong_file(text, sizeof(text) - 1, said)

Test(options, files_that_are_wrong)
{
	WRONG_FILE("quiet\n\nsome = 11\n", ":3: --some 11: not a whole number");
	WRONG_FILE("nonsense = 1\n", ":1: nonsense: no option that may stand in a file");
	WRONG_FILE("som = 6\n", ":1: som: no option");
	WRONG_FILE("some\n", ":1: some: needs a value");
	WRONG_FILE("some =\n", ":1: some: needs a value");
	WRONG_FILE("quiet = perhaps\n", ":1: quiet = perhaps");
	WRONG_FILE("name = \"open\n", ":1: name: a quotation mark is missing");
	WRONG_FILE("name = \"\n", ":1: name: a quotation mark is missing");
	WRONG_FILE("conf = other\n", ":1: conf: no option that may stand in a file");
	WRONG_FILE("help\n", ":1: help: no option");
	WRONG_FILE("f = 3\n", ":1: f: no option");
	WRONG_FILE("= 1\n", ":1: : no option");
	WRONG_FILE("some = 6\0\n", "NUL");
}

Test(options, files_that_are_none)
{
	struct values values;
	struct error error = {0};

	cr_expect_eq(READ(&values, NULL, &error, "--conf", "/nonexistent/file"), -ENOENT);
	cr_expect_not_null(strstr(error.text, "/nonexistent/file: No such file"));
	options_release(&table, &values);
	cr_expect_eq(READ(&values, NULL, &error, "--conf", "/"), -EISDIR, "%s", error.text);
	options_release(&table, &values);
	cr_expect_eq(READ(&values, NULL, &error, "--conf", "/dev/null"), OPTIONS_RUN);
	options_release(&table, &values);
}

static void tell(void *context, const char *name, const char *value)
{
	char *text = context;

	sprintf(text + strlen(text), "%s=%s\n", name, value);
}

Test(options, told_as_they_are_typed)
{
	struct values values;
	char text[512] = "";

	cr_assert_eq(READ(&values, NULL, NULL, "--file", "a", "--file", "b", "--quiet", "--few",
			  "3", "--colour", "red"),
		     OPTIONS_RUN);
	options_each(&table, &values, tell, text);
	cr_expect_str_eq(text, "few=3\nsome=7\ntime=1.5\ncolour=red\nquiet=yes\nfile=a\nfile=b\n");
	options_release(&table, &values);
}
