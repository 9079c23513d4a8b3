/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * savefile-list: the frames of captures as weir reads them, a line each: time, captured and wire
 * length, a sum over the bytes, and the capture's number. What is to be said of them goes to
 * standard error. For tests that hold lib/savefile to other readers.
 */
#include <inttypes.h>
#include <stdio.h>

#include <weir/captures.h>

static uint32_t sum_of(const struct savefile_frame *frame)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < frame->captured; i++)
		sum = sum * 31 + frame->data[i];
	return sum;
}

int main(int argc, char **argv)
{
	const struct savefile_frame *frames;
	const struct remarks *remarks;
	struct captures *captures;
	struct captures_result result;
	struct error error;
	unsigned int count, number;

	if (argc < 2 || captures_open(&captures, (const char *const *)argv + 1,
				      (unsigned int)argc - 1, -1, &error) != 0) {
		fprintf(stderr, "%s\n", argc < 2 ? "savefile-list FILE..." : error.text);
		return 2;
	}
	while ((count = captures_next(captures, &frames, &number)) > 0)
		for (unsigned int i = 0; i < count; i++)
			printf("%" PRId64 " %u %u %u %u\n", (int64_t)frames[i].time,
			       frames[i].captured, frames[i].wire, sum_of(&frames[i]), number);
	captures_finish(captures);
	captures_result(captures, &result);
	remarks = captures_remarks(captures);
	for (unsigned int i = 0; i < remarks->count; i++)
		fprintf(stderr, "%s\n", remarks->text[i]);
	captures_close(captures);
	return result.failed > 0;
}
