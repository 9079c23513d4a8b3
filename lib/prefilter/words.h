/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_PREFILTER_WORDS_H
#define WEIR_PREFILTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weir/error.h>

/*
 * A line of rules as words, one at hand at a time. All that can be wrong is said with the place of
 * the word at hand: `name:line:column: ...`.
 */
struct words {
	const char *name;
	unsigned int line;
	const char *start, *end; /* of the line */
	const char *word;        /* at hand; length 0: the line is over */
	size_t length;
	struct error *error;
};

/* Put the first word of [text, text + length) at hand; a `#` ends the line. */
void words_start(struct words *words, const char *text, size_t length);
void words_next(struct words *words);

/* Is the word at hand this one? words_take(): if so go on to the next. */
bool words_at(const struct words *words, const char *word);
bool words_take(struct words *words, const char *word);
bool words_over(const struct words *words);

/* The number of the word in `list`, which NULL ends, and go on; -1: in none of it. */
int words_take_of(struct words *words, const char *const list[]);

/* Says `'word': what` (or `end of line: what`); returns -EINVAL. */
int words_wrong(const struct words *words, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * The digits at *at, before `end`, as a number; moves *at behind them. False: no digit, or the
 * number is above `max`.
 */
bool digits(const char **at, const char *end, uint64_t max, uint64_t *number);

#endif
