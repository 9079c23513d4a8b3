/* SPDX-License-Identifier: BSD-3-Clause */
#include <weir/captures.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <weir/log.h>

#include "capture_heap.h"
#include "capture_list.h"
#include "savefile_link.h"

/* Each open one holds a descriptor, and some 130 KB that grow with what is in it. */
#define OPEN_MAX 512u

struct captures {
	struct capture_list list;
	struct capture_entry **queue; /* what can be read, by its begin */
	unsigned int queue_count;
	unsigned int opened;      /* of the queue, so far */
	struct capture_heap heap; /* those that are open and have a frame at hand */
	unsigned int open_max;
	unsigned int held;  /* of the queue, waiting for their turn */
	unsigned int taken; /* frames of the first one that were given out last */
	uint64_t reached;   /* the key of the last of these */
	int wake;
	bool live; /* one is a pipe */
	struct captures_progress progress;
	/* what will be said of them: */
	bool merged, reordered;
	unsigned int late; /* these had to wait for others to end, and came after their time */
	struct captures_result result;
	struct remarks remarks;
};

/* ---- what is to be said ---- */

static void note_end(struct captures *captures, const struct savefile *file)
{
	char link[96];

	if (file->end != SAVEFILE_WHOLE)
		remarks_add(&captures->remarks, "%s: %s; analysed up to there", file->name,
			    file->why);
	for (unsigned int i = 0; i < file->skipped_count; i++) {
		const struct savefile_skipped *skipped = &file->skipped[i];

		captures->result.skipped += skipped->frames;
		if (skipped->frames > 0)
			remarks_add(&captures->remarks,
				    "%s: frames of link type %s are skipped: %" PRIu64, file->name,
				    link_name(skipped->link, link, sizeof(link)), skipped->frames);
	}
	if (file->timeless > 0)
		remarks_add(&captures->remarks,
			    "%s: frames without a time stamp, which count as of the time of the "
			    "frame before: %" PRIu64,
			    file->name, file->timeless);
	captures->result.lost += file->lost;
	if (file->lost > 0)
		remarks_add(&captures->remarks,
			    "%s: frames that it missed, as the capture itself says: %" PRIu64,
			    file->name, file->lost);
}

static void note_failure(struct captures *captures, const struct error *why)
{
	captures->result.failed++;
	remarks_add(&captures->remarks, "%s", why->text);
}

static void note_order(struct captures *captures)
{
	if (captures->merged || captures->reordered)
		remarks_add(&captures->remarks,
			    "the %u captures are read in the order of time, from %s to %s%s",
			    captures->queue_count, captures->queue[0]->name,
			    captures->queue[captures->queue_count - 1]->name,
			    captures->merged ? ", and merged where they overlap" : "");
	if (captures->late > 0)
		remarks_add(&captures->remarks,
			    "more than %u captures overlap in time: %u of them are read after "
			    "others, out of order; merge some with mergecap",
			    captures->open_max, captures->late);
}

/* ---- opening ---- */

/* Not one frame was, or can be, read: of other link types all of them. */
static int check_links(const struct savefile *file, struct error *error)
{
	if (file->links > 0 || file->skipped_count == 0)
		return 0;
	return link_refuse(file->name, file->skipped[0].link, error);
}

static void close_entry(struct capture_entry *entry)
{
	track_close(entry->track);
	free(entry->track);
	entry->track = NULL;
}

static int open_entry(struct captures *captures, struct capture_entry *entry, struct error *error)
{
	int fd = entry->held >= 0 ? entry->held : track_descriptor(entry->path, entry->name, error);
	int result;

	entry->held = -1;
	if (fd < 0)
		return fd;
	entry->track = malloc(sizeof(*entry->track));
	if (entry->track == NULL) {
		close(fd);
		return error_set(error, ENOMEM, "%s: no memory to read it", entry->name);
	}
	result = track_open(entry->track, fd, entry->name, captures->wake, &captures->progress.read,
			    error);
	if (result != 0)
		close_entry(entry);
	else
		entry->track->keyed = captures->list.count > 1;
	return result;
}

/*
 * It is opened again when its turn comes. By then root has no capability that opens what others
 * keep to themselves: so as many as may be are held.
 */
static void hold(struct captures *captures, struct capture_entry *entry)
{
	struct error why;

	if (captures->held == captures->open_max / 4)
		return;
	entry->held = track_descriptor(entry->path, entry->name, &why);
	captures->held += entry->held >= 0;
}

/* When does it begin? Standard input and pipes tell only once, and stay open. */
static int look_into(struct captures *captures, struct capture_entry *entry, struct error *error)
{
	const uint64_t read = captures->progress.read;
	int result = open_entry(captures, entry, error);

	if (result != 0)
		return result;
	captures->live |= entry->track->size == 0;
	captures->progress.size += entry->track->size;
	if (entry->track->size == 0 || strcmp(entry->path, "-") == 0)
		return 0;
	if (track_read(entry->track))
		entry->begin = entry->track->keyed ? entry->track->keys[0] : 0;
	else
		result = check_links(&entry->track->file, error);
	close_entry(entry);
	captures->progress.read = read; /* it will be, once more */
	if (result == 0)
		hold(captures, entry);
	return result;
}

static int by_begin(const void *left, const void *right)
{
	const struct capture_entry *a = *(struct capture_entry *const *)left;
	const struct capture_entry *b = *(struct capture_entry *const *)right;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	return a->number < b->number ? -1 : 1;
}

/* None can be read: all that were named have a line. The last one's is the caller's. */
static void tell_failures(const struct captures *captures, const struct error *last)
{
	const struct remarks *remarks = &captures->remarks;

	for (unsigned int i = 0; i < remarks->count && captures->result.failed > 0; i++)
		if (strcmp(remarks->text[i], last->text) != 0)
			log_warning("%s", remarks->text[i]);
}

/* Enter into the queue all that can be read. Negative: there is nothing, and the line. */
static int look_into_all(struct captures *captures, struct error *error)
{
	unsigned int others = 0;
	int result = 0;

	for (unsigned int i = 0; i < captures->list.count; i++) {
		struct capture_entry *entry = &captures->list.entries[i];
		struct error why;
		int failed = look_into(captures, entry, &why);

		if (failed == 0) {
			captures->queue[captures->queue_count++] = entry;
			continue;
		}
		result = failed;
		*error = why;
		if (failed == -ENOMSG && entry->in_directory)
			others++;
		else if (failed == -ENODATA)
			remarks_add(&captures->remarks, "%s", why.text);
		else
			note_failure(captures, &why);
	}
	if (others > 0)
		remarks_add(&captures->remarks,
			    "files in the directories that are no captures, passed over: %u",
			    others);
	if (captures->queue_count == 0) {
		tell_failures(captures, error);
		return result;
	}
	qsort(captures->queue, captures->queue_count, sizeof(struct capture_entry *), by_begin);
	return 0;
}

static unsigned int open_max(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur / 2 >= OPEN_MAX)
		return OPEN_MAX;
	return limit.rlim_cur > 2 ? (unsigned int)limit.rlim_cur / 2 : 1;
}

int captures_open(struct captures **captures, const char *const *paths, unsigned int count,
		  int wake, struct error *error)
{
	struct captures *new = calloc(1, sizeof(*new));
	int result;

	if (new == NULL)
		return error_set(error, ENOMEM, "--read: no memory");
	new->wake = wake;
	new->open_max = open_max();
	result = capture_list_make(&new->list, paths, count, error);
	if (result == 0 && new->list.count == 0)
		result = error_set(error, ENOENT, "%s: no file is in the directory; name others",
				   paths[0]);
	if (result == 0) {
		new->queue = calloc(new->list.count, sizeof(struct capture_entry *));
		new->heap.entries = calloc(new->list.count, sizeof(struct capture_entry *));
		if (new->queue == NULL || new->heap.entries == NULL)
			result = error_set(error, ENOMEM, "--read: no memory");
	}
	if (result == 0)
		result = look_into_all(new, error);
	if (result == 0)
		*captures = new;
	else
		captures_close(new);
	return result;
}

void captures_close(struct captures *captures)
{
	if (captures == NULL)
		return;
	capture_list_free(&captures->list);
	free(captures->queue);
	free(captures->heap.entries);
	remarks_free(&captures->remarks);
	free(captures);
}

/* ---- in the order of time ---- */

/* An entry that is open and has no frame at hand: into the heap if there are more, else out. */
static bool go_on(struct captures *captures, struct capture_entry *entry)
{
	struct error why;

	if (track_read(entry->track))
		return true;
	note_end(captures, &entry->track->file);
	if (check_links(&entry->track->file, &why) != 0)
		note_failure(captures, &why);
	close_entry(entry);
	return false;
}

/* What was given out last is done with. */
static void pass_on(struct captures *captures)
{
	struct capture_entry *entry = captures->heap.entries[0];

	entry->track->next += captures->taken;
	captures->taken = 0;
	if (entry->track->next == entry->track->count && !go_on(captures, entry))
		capture_heap_take(&captures->heap);
	else
		capture_heap_moved(&captures->heap);
}

static void open_next(struct captures *captures)
{
	struct capture_entry *entry = captures->queue[captures->opened++];
	struct error why;

	if (entry->track == NULL && open_entry(captures, entry, &why) != 0) {
		note_failure(captures, &why);
		return;
	}
	if (!go_on(captures, entry))
		return;
	capture_heap_add(&captures->heap, entry);
	captures->merged |= captures->heap.count > 1;
	captures->reordered |= captures->opened > 1 &&
			       entry->number < captures->queue[captures->opened - 2]->number;
	captures->late += entry->begin < captures->reached;
}

/* Has the next capture to be opened before the first frame at hand is given out? */
static bool is_due(const struct captures *captures)
{
	if (captures->opened == captures->queue_count || captures->heap.count == captures->open_max)
		return false;
	return captures->heap.count == 0 || captures->queue[captures->opened]->begin <=
						    capture_entry_key(captures->heap.entries[0]);
}

/* How many frames of the first capture come before all others. */
static unsigned int count_run(const struct captures *captures)
{
	const struct track *track = captures->heap.entries[0]->track;
	const struct capture_entry *second = capture_heap_second(&captures->heap);
	uint64_t until = UINT64_MAX;
	unsigned int i = track->next + 1;

	if (!track->keyed)
		return track->count - track->next;
	if (captures->opened < captures->queue_count)
		until = captures->queue[captures->opened]->begin;
	if (second != NULL && capture_entry_key(second) < until)
		until = capture_entry_key(second);
	while (i < track->count && track->keys[i] < until)
		i++;
	return i - track->next;
}

unsigned int captures_next(struct captures *captures, const struct savefile_frame **frames,
			   unsigned int *number)
{
	const struct track *track;

	if (captures->taken > 0)
		pass_on(captures);
	while (is_due(captures))
		open_next(captures);
	if (captures->heap.count == 0)
		return 0;
	track = captures->heap.entries[0]->track;
	*frames = &track->frames[track->next];
	*number = captures->heap.entries[0]->number;
	captures->taken = count_run(captures);
	if (track->keyed)
		captures->reached = track->keys[track->next + captures->taken - 1];
	return captures->taken;
}

void captures_finish(struct captures *captures)
{
	for (unsigned int i = 0; i < captures->heap.count; i++)
		note_end(captures, &captures->heap.entries[i]->track->file);
	captures->heap.count = 0;
	note_order(captures);
}

bool captures_are_live(const struct captures *captures)
{
	return captures->live;
}

struct captures_progress captures_progress(const struct captures *captures)
{
	return (struct captures_progress){
		.read = __atomic_load_n(&captures->progress.read, __ATOMIC_RELAXED),
		.size = captures->live ? 0 : captures->progress.size,
	};
}

const char *captures_name(const struct captures *captures, unsigned int number)
{
	return captures->list.entries[number].name;
}

void captures_result(const struct captures *captures, struct captures_result *result)
{
	*result = captures->result;
}

const struct remarks *captures_remarks(const struct captures *captures)
{
	return &captures->remarks;
}
