/* SPDX-License-Identifier: BSD-3-Clause */
#include "handlers.h"

#include <stdlib.h>

#include "answer.h"

/* A page, the newest first. Their number says nothing of the statistics, so it names no snapshot.
 */
json_t *answer_events(struct command_request *request)
{
	struct events *events = request->info->events;
	const uint64_t offset = request->arguments.number[PAGE_OFFSET];
	const uint32_t most = (uint32_t)request->arguments.number[PAGE_COUNT];
	struct event *copies = calloc(most, sizeof(*copies));
	uint64_t added = 0;
	uint32_t count = 0;

	if (copies == NULL)
		return NULL;
	if (events != NULL)
		count = events_newest(events, offset, most, copies, &added);
	const struct answer_list list = {
		.name = request->command->list,
		.total_name = "total",
		.shown_name = "shown",
		.total = added < EVENTS_KEPT ? added : EVENTS_KEPT,
		.most = ANSWER_BYTES,
	};
	json_t *answer = json_pack("{s:I, s:I}", "offset", (json_int_t)offset, "lost",
				   (json_int_t)(added - list.total));

	answer_put_list(&answer, &list, document_events(copies, count));
	free(copies);
	return answer;
}
