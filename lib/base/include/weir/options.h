/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_OPTIONS_H
#define WEIR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <weir/error.h>

/*
 * The options of a program as a table: what getopt_long takes, what --help prints, what a file of
 * options may say and what the program tells of its settings come from the same row. Values go into
 * a struct of the program's own, whose strings are argv's or the file's. Main thread.
 */

enum option_type {
	OPTION_FLAG,    /* bool; without argument: true */
	OPTION_TEXT,    /* const char *; NULL: not given */
	OPTION_NUMBER,  /* uint16_t, uint32_t or uint64_t, from low to high */
	OPTION_SECONDS, /* uint64_t, ns; decimals allowed, from low to high (ns) */
	OPTION_CHOICE,  /* int or enum: one of choices */
	OPTION_LIST,    /* struct option_list: may be given again */
	OPTION_OWN,     /* take() reads it */
	OPTION_CONF,    /* struct option_conf: a file of options */
	OPTION_HELP,    /* print and be done */
	OPTION_VERSION
};

/* At most row.high words; freed by options_release(). */
struct option_list {
	const char **words;
	uint32_t count;
};

/* The values from the file are pieces of its text; freed by options_release(). */
struct option_conf {
	const char *path; /* NULL: not given */
	char *text;
};

struct option_choice {
	const char *name;
	int value;
};

struct option_row {
	const char *name;     /* long; "h" is short for OPTION_HELP, "V" for OPTION_VERSION */
	const char *argument; /* as --help shows it; NULL: none, or the choices */
	const char *help;     /* half a sentence; the default follows it in parentheses */
	enum option_type type;
	uint16_t offset, size; /* of the member: OPTION_INTO() */
	uint64_t low, high;
	bool empty;                          /* "" is a value, too */
	char letter;                         /* short name; 0: none */
	const char *usual;                   /* the default as one would type it; NULL: none */
	const struct option_choice *choices; /* the last one has no name */
	/*
	 * OPTION_OWN: reads the value; OPTION_TEXT: looks at it, too. `into` is the whole struct.
	 * 0 or -EINVAL with the line.
	 */
	int (*take)(const char *name, const char *text, void *into, struct error *error);
};
#define OPTION_INTO(type, member)                                                                  \
	.offset = offsetof(type, member), .size = sizeof(((type *)NULL)->member)

struct option_table {
	const char *program, *version;
	const char *before, *after;  /* of the options, in --help; whole lines */
	void (*commands)(FILE *out); /* prints what stands behind `before`; NULL: nothing */
	const struct option_row *rows;
	size_t count;     /* of rows */
	size_t size;      /* of the struct that takes the values */
	const char *hint; /* said with an unknown option, behind "see --help"; "": nothing */
};

enum options_result { OPTIONS_RUN, OPTIONS_DONE };

/*
 * Clear *into, give it the defaults, then what a file of OPTION_CONF says, then the command line:
 * an option that stands there hides what the file says of it, words of a list included. *rest: the
 * first word of argv that is no option (getopt moves them to the end); NULL: there may be none.
 * OPTIONS_RUN; OPTIONS_DONE after --help or --version, which are printed; or a negative errno with
 * the line: -EINVAL (wrong use; of a file with FILE:LINE), or why the file cannot be read. In all
 * cases options_release() frees what *into has. Not for two threads at a time.
 */
int options_read(const struct option_table *table, int argc, char **argv, void *into, int *rest,
		 struct error *error);
void options_release(const struct option_table *table, void *into);

/*
 * The same for words that come from elsewhere, such as the settings of a URL: clear *into and give
 * it the defaults, then what is said of one option after the other. Flags take no word and are not
 * for this. 0; -ENOENT: there is no such option; or -EINVAL, -ENOMEM with the line, which begins
 * with
 * "--NAME". Any thread.
 */
int options_take_defaults(const struct option_table *table, void *into, struct error *error);
int options_take(const struct option_table *table, const char *name, const char *value, void *into,
		 struct error *error);

/*
 * Each option that has a value, as one would write it in a file of options; a flag is "yes". Words
 * of a list come one by one. What the program sets itself after options_read() counts. The text is
 * good during the call.
 */
void options_each(const struct option_table *table, const void *into,
		  void (*tell)(void *context, const char *name, const char *value), void *context);

#endif
