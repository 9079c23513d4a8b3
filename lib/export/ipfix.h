/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WEIR_EXPORT_IPFIX_H
#define WEIR_EXPORT_IPFIX_H

#include "template_encoder.h"

/* IPFIX: RFC 7011, both directions in one record by RFC 5103, or each in its own. */
extern const struct dialect ipfix_biflow, ipfix_uniflow;

/* ---- between its files ---- */

/* Numbers of templates. One that was given is for nothing else, ever. */
enum ipfix_template {
	IPFIX_BIFLOW = 256,  /* and a shape */
	IPFIX_UNIFLOW = 272, /* and a shape */
	IPFIX_TYPES = 288,
	IPFIX_SAMPLING,
	IPFIX_STATISTICS
};

/* What RFC 5610 has to be told of an element of weir's own. */
struct own_element {
	uint16_t element;
	uint8_t type, semantics, units; /* by IANA's registries */
	const char *prefix, *name;      /* which make "weirLedgerNonIp" */
	const char *meaning;
};
extern const struct own_element own_elements[];
#define OWN_COUNT_FIELD(name, pen, ...) +(FLOW_PEN_##pen == FLOW_PEN_WEIR)
#define OWN_COUNT(...)                  +1
enum {
	OWN_ELEMENTS = 3 FLOW_FIELDS(OWN_COUNT_FIELD) LEDGER_STATISTICS(OWN_COUNT, EXPORT_NO_FACT)
		OUTPUT_STATISTICS(OWN_COUNT, EXPORT_NO_FACT)
};

/* Numbers of weir's own elements beyond those of FLOW_FIELDS, likewise. */
enum own_statistic {
	OWN_FINAL = 256,
	OWN_SENT_PACKETS,
	OWN_SENT_OCTETS,

	OWN_LEDGER_received = 272,
	OWN_LEDGER_flow,
	OWN_LEDGER_non_ip,
	OWN_LEDGER_truncated,
	OWN_LEDGER_malformed,
	OWN_LEDGER_filtered,
	OWN_LEDGER_overflow,
	OWN_LEDGER_balanced,
	OWN_LEDGER_missed,
	OWN_LEDGER_no_mbuf,
	OWN_LEDGER_nic_errors,
	OWN_LEDGER_no_socket,
	OWN_LEDGER_host,
	OWN_LEDGER_fragments,
	OWN_LEDGER_frame_octets,
	OWN_LEDGER_ip_octets,
	OWN_LEDGER_missed_by_capture,
	OWN_LEDGER_sampled,

	OWN_OUTPUT_given = 336,
	OWN_OUTPUT_sent,
	OWN_OUTPUT_waiting,
	OWN_OUTPUT_lost_full,
	OWN_OUTPUT_lost_remote
};

/* Template and record of each kind of option records: one whole set; behind it. */
char *ipfix_types_template(const struct template_encoder *encoder, char *out);
char *ipfix_types_record(const struct template_encoder *encoder, char *out,
			 const struct own_element *element);
char *ipfix_sampling_template(const struct template_encoder *encoder, char *out);
char *ipfix_sampling_record(const struct template_encoder *encoder, char *out);
char *ipfix_statistics_template(const struct template_encoder *encoder, char *out);
char *ipfix_statistics_record(struct template_encoder *encoder, char *out,
			      const struct outlet *outlet);

#endif
