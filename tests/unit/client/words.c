/* SPDX-License-Identifier: BSD-3-Clause */
/* What weirctl asks for the words that were typed. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <weir/client_words.h>

#define WORDS_MAX 6

/* Either what is sent or, on wrong use, what the line says. */
static const struct {
	const char *words[WORDS_MAX];
	const char *message, *complaint;
} typed[] = {
	{{"ledger"}, "/weir/ledger", NULL},
	{{"throughput"}, "/weir/throughput,10", NULL},
	{{"throughput", "5", "60"}, "/weir/throughput,5,60", NULL},
	{{"top"}, "/weir/top,source", NULL},
	{{"top", "pair", "5", "flows", "10s"}, "/weir/top,pair,5,flows,10s", NULL},
	{{"flows"}, "/weir/flows", NULL},
	{{"flows", "0", "20"}, "/weir/flows,0,20", NULL},
	{{"flows", "0", "20", "9"}, "/weir/flows,0,20,9", NULL},
	{{"prefilter", "show"}, "/weir/prefilter", NULL},
	{{"prefilter", "counters", "0", "9"}, "/weir/prefilter,0,9", NULL},
	{{"prefilter", "add", "drop arp"}, "/weir/prefilter/add,drop arp", NULL},
	{{"prefilter", "add", "drop", "arp"}, "/weir/prefilter/add,drop arp", NULL},
	{{"prefilter", "add", "before", "1", "drop", "arp"},
	 "/weir/prefilter/add,before=1,drop arp",
	 NULL},
	{{"prefilter", "add", "before", "1"}, "/weir/prefilter/add,before 1", NULL},
	{{"prefilter", "del", "drop", "arp"}, "/weir/prefilter/del,drop arp", NULL},
	{{"prefilter", "replace", "/"}, "/weir/prefilter/replace,/", NULL},
	{{"report"}, "", NULL},
	{{"raw", "/ethdev/stats,0"}, "/ethdev/stats,0", NULL},
	{{"report"}, "", NULL},
	{{"capture", "udp", "port", "53"}, "", NULL},
	{{NULL}, NULL, "the command is missing"},
	{{"led"}, NULL, "led: unknown command"},
	{{"prefilter"}, NULL, "prefilter : takes show|counters|add|del|replace"},
	{{"prefilter", "list"}, NULL, "prefilter list: takes show|counters|add|del|replace"},
	{{"ledger", "1"}, NULL, "ledger: too many arguments"},
	{{"report", "1"}, NULL, "report: too many arguments"},
	{{"top", "pair", "5", "flows", "10s", "1"}, NULL, "top: too many arguments"},
	{{"ports", "5"}, NULL, "ports: OFFSET and COUNT go together"},
	{{"prefilter", "show", "5"}, NULL, "prefilter show: OFFSET and COUNT go together"},
	{{"prefilter", "add"}, NULL, "prefilter add: too few arguments"},
	{{"prefilter", "replace"}, NULL, "prefilter replace: takes one file"},
	{{"prefilter", "replace", "/nonexistent"}, NULL, "/nonexistent: No such file"},
	{{"report", "1"}, NULL, "report: too many arguments"},
	{{"raw"}, NULL, "raw: one telemetry command"},
	{{"raw", "weir"}, NULL, "raw: one telemetry command"},
};

Test(words, are_a_message_or_a_complaint)
{
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		struct question question;
		struct error error = {{0}};
		int count = 0;

		while (count < WORDS_MAX && typed[i].words[count] != NULL)
			count++;

		const int result = words_read(typed[i].words, count, &question, &error);

		cr_expect_eq(result == 0, typed[i].message != NULL, "%zu: %s", i, error.text);
		if (result == 0 && typed[i].message != NULL)
			cr_expect_str_eq(question.message, typed[i].message);
		if (typed[i].complaint != NULL)
			cr_expect_not_null(strstr(error.text, typed[i].complaint), "%zu: %s", i,
					   error.text);
	}
}

Test(words, tell_the_verb_and_what_follows)
{
	const char *const counters[] = {"prefilter", "counters"}, *const ledger[] = {"ledger"},
			  *const capture[] = {"capture", "udp"};
	struct question question;

	cr_assert_eq(words_read(counters, 2, &question, NULL), 0);
	cr_expect_str_eq(question.verb, "counters");
	cr_assert_eq(words_read(ledger, 1, &question, NULL), 0);
	cr_expect_null(question.verb);
	cr_assert_eq(words_read(capture, 2, &question, NULL), 0);
	cr_assert_eq(question.word_count, 1);
	cr_expect_str_eq(question.words[0], "udp");
}

/* weirctl may stand elsewhere than weir. */
Test(words, a_file_goes_by_its_whole_path)
{
	struct question question;
	char expected[512], *folder = getcwd(NULL, 0);

	snprintf(expected, sizeof(expected), "/weir/prefilter/replace,%s", folder);
	cr_assert_eq(
		words_read((const char *const[]){"prefilter", "replace", "."}, 3, &question, NULL),
		0);
	cr_expect_str_eq(question.message, expected);
	free(folder);
}

Test(words, too_much_is_refused)
{
	struct question question;
	char word[sizeof(question.message)];
	struct error error;

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	cr_expect_neq(words_read((const char *const[]){"top", word}, 2, &question, &error), 0);
	cr_expect_not_null(strstr(error.text, "too long"), "%s", error.text);
}
