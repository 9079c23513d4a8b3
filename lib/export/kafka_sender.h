/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_KAFKA_SENDER_H
#define WEIR_EXPORT_KAFKA_SENDER_H

#include <librdkafka/rdkafka.h>

#include <weir/encoder.h>
#include <weir/error.h>
#include <weir/sender.h>

/*
 * Messages of kafka_line.h to a topic, by librdkafka. A record is sent when the broker has
 * acknowledged it, as `acks` says, and lost when the broker refuses it for its own sake (too long,
 * invalid). All else is tried for as long as weir waits: by librdkafka, which by enable.idempotence
 * stores nothing twice, and after errors that it gives up at by weir. What was given up at may have
 * been stored all the same, and then it stands twice: that is said.
 *
 * Of one message all is acknowledged before the next one is made: so nothing waits elsewhere than
 * in the outlet, and its ledger counts it.
 */

/*
 * With a configuration, taken, also on failure; `exporter` and `name`, the URL for people, are
 * copied. Connects to nobody. 0, or -ENOMEM with the line.
 */
int kafka_sender_open(rd_kafka_conf_t *conf, const char *topic, const char *exporter,
		      const char *name, struct encoder *encoder, struct sender *sender,
		      struct error *error);

#endif
