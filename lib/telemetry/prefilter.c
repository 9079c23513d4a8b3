/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "arguments.h"

static struct prefilter *prefilter_of(struct command_request *request)
{
	if (request->prefilter != NULL)
		return request->prefilter;
	error_set(&request->error, ENOENT,
		  "there is no prefilter; start weir with --interface and --prefilter");
	return NULL;
}

/* Add the page of rules; takes `rules`. */
static void put_rules(json_t **answer, json_t *rules, const struct page *page)
{
	const struct answer_list list = {
		.name = "rules",
		.total_name = "total",
		.shown_name = "shown",
		.total = (uint64_t)json_integer_value(json_object_get(rules, "rules_total")),
		.most = ANSWER_BYTES,
	};
	json_t *rows = json_incref(json_object_get(rules, "rules")), *row;
	size_t i;

	json_object_del(rules, "rules");
	json_object_del(rules, "rules_total");
	json_object_update(*answer, rules);
	json_object_set_new(*answer, "offset", json_integer((json_int_t)page->offset));
	json_array_foreach(rows, i, row)
		answer_split_text(row, "rule", "rule_more");
	answer_put_list(answer, &list, rows);
	json_decref(rules);
}

json_t *answer_prefilter(struct command_request *request)
{
	struct prefilter *prefilter = prefilter_of(request);
	struct prefilter_sums sums;
	struct page page;
	json_t *answer;

	if (prefilter == NULL || arguments_page(request->arguments, &page, &request->error) != 0 ||
	    prefilter_sums(prefilter, page.offset, page.count, &sums, &request->error) != 0)
		return NULL;
	answer = document_prefilter(&request->snapshot->prefilter);
	put_rules(&answer, document_prefilter_rules(&sums, page.offset), &page);
	prefilter_sums_free(&sums);
	return answer;
}

/* Of a change: how many rules there are now. */
static json_t *changed(struct prefilter *prefilter, struct error *error)
{
	struct prefilter_sums sums;
	json_t *answer;

	if (prefilter_sums(prefilter, 0, 0, &sums, error) != 0)
		return NULL;
	answer =
		json_pack("{s:I}", "rules", (json_int_t)(sums.total - 2)); /* default, unreadable */
	prefilter_sums_free(&sums);
	return answer;
}

/* "before=3,drop from 192.0.2.1" -> 3, and the rule behind it. */
static const char *split_before(const char *text, size_t *before, struct error *error)
{
	static const char word[] = "before=";
	unsigned long long number;
	char *end;

	*before = 0;
	if (strncmp(text, word, strlen(word)) != 0)
		return text;
	text += strlen(word);
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != ',' || number == 0) {
		error_set(error, EINVAL, "before= takes the number of a rule, from 1, and a comma");
		return NULL;
	}
	*before = number;
	return end + 1;
}

json_t *answer_prefilter_add(struct command_request *request)
{
	struct prefilter *prefilter = prefilter_of(request);
	const char *rule = request->arguments;
	size_t before;

	if (prefilter == NULL)
		return NULL;
	if (rule == NULL || rule[0] == '\0') {
		error_set(&request->error, EINVAL,
			  "the rule is missing, as in drop from 192.0.2.1");
		return NULL;
	}
	rule = split_before(rule, &before, &request->error);
	if (rule == NULL || prefilter_add(prefilter, rule, before, &request->error) != 0)
		return NULL;
	return changed(prefilter, &request->error);
}

json_t *answer_prefilter_delete(struct command_request *request)
{
	struct prefilter *prefilter = prefilter_of(request);

	if (prefilter == NULL)
		return NULL;
	if (request->arguments == NULL || request->arguments[0] == '\0') {
		error_set(&request->error, EINVAL, "which rule? its number or its text is missing");
		return NULL;
	}
	if (prefilter_delete(prefilter, request->arguments, &request->error) != 0)
		return NULL;
	return changed(prefilter, &request->error);
}

json_t *answer_prefilter_replace(struct command_request *request)
{
	struct prefilter *prefilter = prefilter_of(request);
	struct prefilter_rules *rules;
	int result;

	if (prefilter == NULL)
		return NULL;
	if (request->arguments == NULL || request->arguments[0] != '/') {
		error_set(&request->error, EINVAL, "an absolute path to a rules file is missing");
		return NULL;
	}
	result = prefilter_rules_read(request->arguments, &rules, &request->error);
	if (result != 0)
		return NULL;
	result = prefilter_replace(prefilter, rules, &request->error);
	prefilter_rules_free(rules);
	return result == 0 ? changed(prefilter, &request->error) : NULL;
}
