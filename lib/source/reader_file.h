/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_FILE_H
#define WEIR_SOURCE_READER_FILE_H

#include <pcap/pcap.h>

#include <weir/error.h>

/* One capture file, open for reading with times in ns. */
struct reader_file {
	char *name;   /* as users know it; owned */
	pcap_t *pcap; /* owned */
};

/*
 * Open `path` ("-": standard input) and read its header. Once the eventfd `wake` is readable,
 * a read that would wait for a pipe ends as at the end of the file. Errors as in reader_open().
 */
int reader_file_open(struct reader_file *file, const char *path, int wake, struct error *error);
void reader_file_close(struct reader_file *file);

#endif
