/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_OUTPUT_FILE_H
#define WEIR_EXPORT_OUTPUT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <weir/error.h>
#include <weir/file_sender.h>

/*
 * Where output goes: a regular file, a FIFO, a device, standard output. Here stand the rules of
 * what is written to and what is never touched. One thread at a time.
 */
enum output_kind {
	OUTPUT_REGULAR, /* takes what there is, or fails */
	OUTPUT_STREAM,  /* has a reader, who may not read; the descriptor is ours and does not block
			 */
	OUTPUT_SHARED   /* the same, but the descriptor is also somebody else's, and may block */
};

struct output_file {
	int fd; /* -1: not open */
	enum output_kind kind;
	bool own; /* to be closed; standard output and error are not */
};

#define OUTPUT_CLOSED ((struct output_file){.fd = -1})

/*
 * A file that was written to by this run, which began at `since` (ns since 1970), goes on, whatever
 * the rules say. 0, or negative errno with the line; the file is then closed. -ENXIO: a FIFO that
 * nobody reads yet. The rules are those of the settings.
 */
int output_file_open(struct output_file *file, const char *path, const struct file_settings *rules,
		     uint64_t since, struct error *error);

/* Is the open file still the one with that name? */
bool output_file_is(const struct output_file *file, const char *path);

/*
 * Write some of it: how many bytes, or negative errno. A stream is waited for until `wake` (an
 * eventfd) can be read: -ECANCELED.
 */
ssize_t output_file_write(const struct output_file *file, const char *bytes, size_t size, int wake);

/*
 * The last `bytes` are to be as if they had not been written: they are taken off a file of our own,
 * and a stream's next reader has not seen them. False: they stay, to be gone on from.
 */
bool output_file_take_back(const struct output_file *file, size_t bytes);

/* 0 or negative errno: some file systems tell only now that there was no room (quota on NFS). */
int output_file_close(struct output_file *file);

#endif
