/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_SOURCE_READER_FILE_H
#define WEIR_SOURCE_READER_FILE_H

#include <stdint.h>

#include <pcap/pcap.h>

#include <weir/clock.h>
#include <weir/error.h>

/* One capture file as a source of frames. */
struct reader_file {
	char *name;   /* as users know it; owned */
	pcap_t *pcap; /* owned */
};

struct reader_frame {
	const uint8_t *data; /* the file's, until the next frame is asked for */
	uint32_t captured, wire;
	uint64_t time; /* ns since 1970 */
};

/*
 * Open `path` ("-": standard input) and read its header. Once the eventfd `wake` is readable,
 * a read that would wait for a pipe ends as at the end of the file. Errors as in reader_open().
 */
int reader_file_open(struct reader_file *file, const char *path, int wake, struct error *error);
void reader_file_close(struct reader_file *file);

/*
 * Read up to `max` frames (at least 1). take() is libpcap's callback itself, a second one would
 * cost the reader 5%: reader_file_frame() makes a frame of what it is given. reader_file_pause() in
 * it: no more for now.
 */
enum reader_file_state {
	READER_FILE_MORE, /* perhaps */
	READER_FILE_END,
	READER_FILE_CUT /* in mid-record; reader_file_cut() says how, until the file is closed */
};
enum reader_file_state reader_file_read(const struct reader_file *file, unsigned int max,
					pcap_handler take, void *user);
void reader_file_pause(const struct reader_file *file);
const char *reader_file_cut(const struct reader_file *file);

static inline struct reader_frame reader_file_frame(const struct pcap_pkthdr *header,
						    const u_char *data)
{
	return (struct reader_frame){
		.data = data,
		.captured = header->caplen,
		.wire = header->len > header->caplen ? header->len : header->caplen,
		/* tv_usec holds nanoseconds: the files are opened so. */
		.time = (uint64_t)header->ts.tv_sec * CLOCK_SECOND + (uint64_t)header->ts.tv_usec,
	};
}

#endif
