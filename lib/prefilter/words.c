/* SPDX-License-Identifier: BSD-3-Clause */
#include "words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 40 /* characters of a wrong word that are shown */

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void find_word(struct words *words, const char *at)
{
	while (at < words->end && is_space(*at))
		at++;
	words->word = at;
	while (at < words->end && !is_space(*at))
		at++;
	words->length = (size_t)(at - words->word);
}

void words_start(struct words *words, const char *text, size_t length)
{
	const char *comment = memchr(text, '#', length);

	words->start = text;
	words->end = comment != NULL ? comment : text + length;
	find_word(words, text);
}

void words_next(struct words *words)
{
	find_word(words, words->word + words->length);
}

bool words_at(const struct words *words, const char *word)
{
	return words->length == strlen(word) && memcmp(words->word, word, words->length) == 0;
}

bool words_take(struct words *words, const char *word)
{
	if (!words_at(words, word))
		return false;
	words_next(words);
	return true;
}

bool words_over(const struct words *words)
{
	return words->length == 0;
}

int words_take_of(struct words *words, const char *const list[])
{
	for (int i = 0; list[i] != NULL; i++)
		if (words_take(words, list[i]))
			return i;
	return -1;
}

/* The word as it can be printed: control characters would spoil a terminal. */
static void show_word(const struct words *words, char shown[SHOWN_MAX + 8])
{
	size_t length = words->length < SHOWN_MAX ? words->length : SHOWN_MAX;

	if (length == 0) {
		strcpy(shown, "end of line");
		return;
	}
	shown[0] = '\'';
	for (size_t i = 0; i < length; i++) {
		const unsigned char c = (unsigned char)words->word[i];

		shown[1 + i] = c < 0x20 || c == 0x7f ? '?' : (char)c;
	}
	strcpy(shown + 1 + length, length < words->length ? "...'" : "'");
}

int words_wrong(const struct words *words, const char *format, ...)
{
	char shown[SHOWN_MAX + 8], what[384];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	show_word(words, shown);
	return error_set(words->error, EINVAL, "%s:%u:%zu: %s: %s", words->name, words->line,
			 (size_t)(words->word - words->start) + 1, shown, what);
}

bool digits(const char **at, const char *end, uint64_t max, uint64_t *number)
{
	const char *start = *at;

	*number = 0;
	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++) {
		const unsigned int digit = (unsigned int)(**at - '0');

		if (*number > (max - digit) / 10 || digit > max)
			return false;
		*number = *number * 10 + digit;
	}
	return *at > start;
}
