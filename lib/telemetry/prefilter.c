/* SPDX-License-Identifier: BSD-3-Clause */
#include "handlers.h"

#include <stdlib.h>
#include <string.h>

#include "answer.h"

/* Add the page of rules; takes `rules`. */
static void put_rules(json_t **answer, json_t *rules, const struct command_request *request)
{
	const uint64_t offset = request->arguments.number[PAGE_OFFSET];
	const struct answer_list list = answer_list_named(
		request->command->list,
		(uint64_t)json_integer_value(json_object_get(rules, "rules_total")));
	json_t *entries = json_incref(json_object_get(rules, "rules")), *entry;
	size_t i;

	json_object_del(rules, "rules");
	json_object_del(rules, "rules_total");
	json_object_update(*answer, rules);
	json_object_set_new(*answer, "offset", json_integer((json_int_t)offset));
	json_array_foreach(entries, i, entry)
		answer_split_text(entry, "rule", "rule_more");
	answer_put_list(answer, &list, entries);
	json_decref(rules);
}

json_t *answer_prefilter(struct command_request *request)
{
	const uint64_t *number = request->arguments.number;
	struct prefilter_sums sums;
	json_t *answer;

	if (prefilter_sums(request->prefilter, number[PAGE_OFFSET], number[PAGE_COUNT], &sums,
			   &request->error) != 0)
		return NULL;
	answer = document_prefilter(&request->snapshot->prefilter);
	put_rules(&answer, document_prefilter_rules(&sums, number[PAGE_OFFSET]), request);
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

json_t *answer_prefilter_add(struct command_request *request)
{
	enum { BEFORE };
	const struct arguments *arguments = &request->arguments;

	if (prefilter_add(request->prefilter, arguments->text, arguments->number[BEFORE],
			  &request->error) != 0)
		return NULL;
	return changed(request->prefilter, &request->error);
}

json_t *answer_prefilter_delete(struct command_request *request)
{
	if (prefilter_delete(request->prefilter, request->arguments.text, &request->error) != 0)
		return NULL;
	return changed(request->prefilter, &request->error);
}

json_t *answer_prefilter_replace(struct command_request *request)
{
	struct prefilter_rules *rules;
	int result = prefilter_rules_read(request->arguments.text, &rules, &request->error);

	if (result != 0)
		return NULL;
	result = prefilter_replace(request->prefilter, rules, &request->error);
	prefilter_rules_free(rules);
	return result == 0 ? changed(request->prefilter, &request->error) : NULL;
}
