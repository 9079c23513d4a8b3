/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_TESTS_UNIT_EXPORT_RIG_H
#define WEIR_TESTS_UNIT_EXPORT_RIG_H

#include <weir/bus.h>
#include <weir/file_sender.h>
#include <weir/outlet.h>

/*
 * An outlet of lines, at the end of a bus, in an empty directory that is the current one. Its lines
 * are {"n":0}, {"n":1}, ..., in this order, padded to about 500 bytes.
 */
void rig_begin(void);
void rig_end(void);

struct rig_settings {
	struct file_settings file;
	struct outlet_settings outlet;
};
struct rig_settings rig_settings(const char *path);

/* Succeeds. One at a time. */
struct outlet *rig_open(const struct rig_settings *settings);

/* The same with another sender than into the file. */
struct outlet *rig_open_to(const struct outlet_settings *settings, const struct sender *sender);

/* Fails with -code and a line that has `words`. */
void rig_refused(const struct rig_settings *settings, int code, const char *words);

/* A record, and so a line, over the bus of the outlet that is open; as patient as the outlet is. */
void rig_give(unsigned int number, uint64_t date);

/* What is in hand, too, is handed over. */
void rig_flush(void);

/* Both for those from `from` to before `to`; how many were not lost. */
unsigned int rig_give_many(struct outlet *outlet, unsigned int from, unsigned int to);

/* Finish without any loss, and free. */
void rig_finish(struct outlet *outlet);

/* Finish with -code and a line that has `words`; the ledger then. Frees. */
struct outlet_ledger rig_lost(struct outlet *outlet, int code, const char *words);

/* Each line of the file is whole, with the numbers `from`, from + 1, ...; how many there are. */
unsigned int rig_read(const char *path, unsigned int from);

/* The file has these bytes. */
void rig_put_file(const char *path, const char *text);
void rig_expect_file(const char *path, const char *text);

/* Until so many are sent at least; until it fails so (0: no more). */
void rig_wait_sent(struct outlet *outlet, uint64_t sent);
void rig_wait_failure(struct outlet *outlet, int code);

#endif
