/* SPDX-License-Identifier: BSD-3-Clause */
#include "commands.h"

#include <stdlib.h>

#include "answer.h"
#include "arguments.h"

/* A page, the newest first. Their number says nothing of the statistics, so it names no snapshot.
 */
json_t *answer_events(struct command_request *request)
{
	struct events *events = request->info->events;
	struct event *copies;
	struct page page;
	uint64_t added = 0;
	uint32_t count = 0;

	if (arguments_page(request->arguments, &page, &request->error) != 0)
		return NULL;
	copies = calloc(page.count, sizeof(*copies));
	if (copies == NULL)
		return NULL;
	if (events != NULL)
		count = events_newest(events, page.offset, page.count, copies, &added);
	const struct answer_list list = {
		.name = "events",
		.total_name = "total",
		.shown_name = "shown",
		.total = added < EVENTS_KEPT ? added : EVENTS_KEPT,
		.most = ANSWER_BYTES,
	};
	json_t *answer = json_pack("{s:I, s:I}", "offset", (json_int_t)page.offset, "lost",
				   (json_int_t)(added - list.total));

	answer_put_list(&answer, &list, document_events(copies, count));
	free(copies);
	return answer;
}
