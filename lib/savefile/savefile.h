/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SAVEFILE_SAVEFILE_H
#define WEIR_SAVEFILE_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>

#include <weir/error.h>
#include <weir/savefile_frame.h>

#include "window.h"

/*
 * A capture file, pcap or pcapng, compressed or not, as frames: what libpcap calls a savefile. weir
 * reads them by itself, because libpcap gives up on much that people have: a pcapng with several
 * link types, snap lengths or sections; compressed files; what a capture says that it lost. Reads
 * no byte outside the window, and takes no length in the file on trust. One thread.
 */

#define SAVEFILE_BATCH 64

/* How the reading of a file ended. */
enum savefile_end {
	SAVEFILE_WHOLE,  /* at the end of a record, or it goes on */
	SAVEFILE_CUT,    /* within a record: the rest of it is not there */
	SAVEFILE_DAMAGED /* what follows is no record */
};

/* Frames of interfaces whose link type weir does not read. */
struct savefile_skipped {
	uint32_t link; /* LINKTYPE_* */
	uint64_t frames;
};
#define SAVEFILE_SKIPPED_MAX 8 /* more kinds than that count as the last one */

struct savefile;

/* How a format is read; `state` is its own. */
struct savefile_format {
	/* The file's header, and what is needed to know what is in it. -EINVAL, -ENOMEM. */
	int (*open)(struct savefile *file, struct error *error);
	/* As savefile_read(). */
	unsigned int (*read)(struct savefile *file, struct savefile_frame *frames);
	void (*close)(struct savefile *file);
};

struct savefile {
	const char *name; /* as users know it; the caller's */
	enum savefile_end end;
	const char *why;    /* ... in words, of a file that is not whole */
	uint64_t frames;    /* so far, skipped ones too */
	uint64_t lost;      /* frames that the capture says it missed; whole at the end */
	uint64_t timeless;  /* frames so far that have the time of the one before */
	unsigned int links; /* interfaces so far whose link type is read */
	struct savefile_skipped skipped[SAVEFILE_SKIPPED_MAX];
	unsigned int skipped_count;
	/* private: */
	struct window window;
	const struct savefile_format *format;
	void *state;
};

/*
 * Begin to read `stream`, which it owns from now on, through a buffer of `size` bytes. -ENOMEM;
 * -ENODATA: there is not one byte; -ENOMSG: it is no capture; -EINVAL: it is, but its header is
 * damaged; -EPROTONOSUPPORT: a link type that is not read, and no other can come.
 */
int savefile_open(struct savefile *file, const char *name, struct stream *stream, size_t size,
		  struct error *error);

/*
 * The next frames, at most SAVEFILE_BATCH; 0: there are no more, and `end` says why. Waits only
 * while it has none.
 */
unsigned int savefile_read(struct savefile *file, struct savefile_frame *frames);

void savefile_close(struct savefile *file);

/* For formats: an end that is not the file's; always 0. */
unsigned int savefile_ends(struct savefile *file, enum savefile_end end, const char *why);

/* ... so many frames of an interface whose link type is not read; 0: it was declared. */
void savefile_skip(struct savefile *file, uint32_t link, uint64_t frames);

/* Is that a pcap's first word? */
bool savefile_is_pcap(const uint8_t *magic);

extern const struct savefile_format savefile_pcap, savefile_pcapng;

#endif
