/* SPDX-License-Identifier: BSD-3-Clause */
#include "savefile.h"

#include <errno.h>
#include <string.h>

#include "savefile_bytes.h"

/* What makes a file pcapng: its first block's type, the same in either byte order. */
#define PCAPNG_SECTION 0x0a0d0d0au

/* It has fewer bytes than the shortest magic. */
static int too_short(const struct savefile *file, struct error *error)
{
	const char *problem = window_problem(&file->window);

	if (problem != NULL)
		return error_set(error, EINVAL, "%s: %s; nothing of it can be read", file->name,
				 problem);
	if (window_in_hand(&file->window) == 0)
		return error_set(error, ENODATA,
				 "%s: the file is empty; not even a capture's header is there",
				 file->name);
	return 0;
}

/* By its first bytes. */
static int find_format(struct savefile *file, struct error *error)
{
	const bool enough = window_has(&file->window, 4);
	int result = enough ? 0 : too_short(file, error);

	if (result != 0)
		return result;
	if (enough && load32(file->window.at, false) == PCAPNG_SECTION)
		file->format = &savefile_pcapng;
	else if (enough && savefile_is_pcap(file->window.at))
		file->format = &savefile_pcap;
	else
		return error_set(error, ENOMSG,
				 "%s: not a capture: it begins like neither pcap nor pcapng; "
				 "\"editcap\" converts other formats",
				 file->name);
	return 0;
}

int savefile_open(struct savefile *file, const char *name, struct stream *stream, size_t size,
		  struct error *error)
{
	int result;

	*file = (struct savefile){.name = name};
	result = window_open(&file->window, stream, size);
	if (result == 0)
		result = stream_decode(&file->window);
	if (result != 0)
		error_set(error, -result, "%s: no memory to read it", name);
	else
		result = find_format(file, error);
	if (result == 0)
		result = file->format->open(file, error);
	if (result != 0)
		savefile_close(file);
	return result;
}

unsigned int savefile_read(struct savefile *file, struct savefile_frame *frames)
{
	return file->format->read(file, frames);
}

void savefile_close(struct savefile *file)
{
	if (file->state != NULL)
		file->format->close(file);
	file->state = NULL;
	window_close(&file->window);
}

unsigned int savefile_ends(struct savefile *file, enum savefile_end end, const char *why)
{
	const char *problem = window_problem(&file->window);

	if (problem != NULL && end != SAVEFILE_DAMAGED) {
		end = SAVEFILE_DAMAGED;
		why = problem;
	}
	if (end != SAVEFILE_WHOLE) {
		file->end = end;
		file->why = why;
	}
	return 0;
}

void savefile_skip(struct savefile *file, uint32_t link, uint64_t frames)
{
	struct savefile_skipped *skipped = file->skipped;
	unsigned int i = 0;

	while (i < file->skipped_count && skipped[i].link != link)
		i++;
	if (i == SAVEFILE_SKIPPED_MAX)
		i--;
	else if (i == file->skipped_count)
		skipped[file->skipped_count++].link = link;
	skipped[i].frames += frames;
}
