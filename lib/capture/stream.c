/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <rte_mbuf_dyn.h>

#include <weir/clock.h>

#include "pcapng.h"

#define OUT_BYTES (4u << 20)
#define TAG_BYTES 4 /* a VLAN tag */

struct stream {
	const struct capture_settings *settings;
	uint32_t snap;
	uint64_t left;       /* frames still to come */
	uint64_t began;      /* ns since 1970 */
	size_t first, end;   /* out[first..end) waits for the socket */
	size_t frames_bytes; /* of `out`, for all but the last blocks */
	uint8_t *out;
	struct {
		uint64_t delivered, lost; /* lost: no room in `out` */
	} interfaces[];
};

struct stream *stream_create(const struct capture_settings *settings, const struct request *request)
{
	const uint32_t count = settings->interface_count;
	struct stream *stream = calloc(1, sizeof(*stream) + count * sizeof(stream->interfaces[0]));

	if (stream == NULL)
		return NULL;
	stream->settings = settings;
	stream->snap = request->snap;
	stream->left = request->count;
	stream->began = clock_wall_ns();
	stream->frames_bytes = OUT_BYTES - count * PCAPNG_STATISTICS_BYTES;
	stream->out = malloc(OUT_BYTES);
	if (stream->out == NULL) {
		free(stream);
		return NULL;
	}
	stream->end = pcapng_section(stream->out, "weir");
	for (uint32_t i = 0; i < count; i++)
		stream->end +=
			pcapng_interface(stream->out + stream->end, settings->interfaces[i].name,
					 settings->interfaces[i].description, stream->snap);
	return stream;
}

void stream_destroy(struct stream *stream)
{
	if (stream != NULL)
		free(stream->out);
	free(stream);
}

/* Moved only when half of it is free: a client that takes little at a time costs little. */
static uint8_t *room(struct stream *stream, size_t bytes)
{
	if (stream->end + bytes > stream->frames_bytes && stream->first >= OUT_BYTES / 2) {
		memmove(stream->out, stream->out + stream->first, stream->end - stream->first);
		stream->end -= stream->first;
		stream->first = 0;
	}
	return stream->end + bytes <= stream->frames_bytes ? stream->out + stream->end : NULL;
}

static uint32_t interface_of(const struct stream *stream, uint16_t port)
{
	uint32_t i = 0;

	while (i + 1 < stream->settings->interface_count &&
	       stream->settings->interfaces[i].port != port)
		i++;
	return i;
}

static void describe(const struct stream *stream, const struct handover_frame *frame,
		     struct pcapng_packet *packet)
{
	const struct port_fields *fields = stream->settings->fields;
	const struct rte_mbuf *mbuf = frame->mbuf;
	uint32_t captured = rte_pktmbuf_pkt_len(mbuf), wire = captured;

	if (mbuf->ol_flags & fields->wire_flag)
		wire = *RTE_MBUF_DYNFIELD(mbuf, fields->wire_length, const uint32_t *);
	*packet = (struct pcapng_packet){
		.interface = interface_of(stream, frame->port),
		.time = frame->date,
		.mbuf = mbuf,
		.stripped = (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0,
	};
	captured += packet->stripped ? TAG_BYTES : 0;
	packet->wire = wire + (packet->stripped ? TAG_BYTES : 0);
	packet->captured = RTE_MIN(captured, stream->snap);
}

void stream_add(struct stream *stream, const struct handover_frame *frame)
{
	struct pcapng_packet packet;
	uint8_t *out;

	if (stream->left == 0)
		return;
	describe(stream, frame, &packet);
	out = room(stream, pcapng_packet_bytes(packet.captured));
	if (out == NULL) {
		stream->interfaces[packet.interface].lost++;
		return;
	}
	stream->end += pcapng_packet(out, &packet);
	stream->interfaces[packet.interface].delivered++;
	stream->left--;
}

bool stream_has_all(const struct stream *stream)
{
	return stream->left == 0;
}

void stream_end(struct stream *stream, const uint64_t *lost)
{
	for (uint32_t i = 0; i < stream->settings->interface_count; i++) {
		const uint64_t dropped = stream->interfaces[i].lost + lost[i];
		const struct pcapng_statistics statistics = {
			.interface = i,
			.begin = stream->began,
			.end = clock_wall_ns(),
			.accepted = stream->interfaces[i].delivered + dropped,
			.dropped = dropped,
			.delivered = stream->interfaces[i].delivered,
		};

		stream->end += pcapng_statistics(stream->out + stream->end, &statistics);
	}
}

int stream_send(struct stream *stream, int socket)
{
	while (stream->end > stream->first) {
		ssize_t sent = send(socket, stream->out + stream->first,
				    stream->end - stream->first, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return errno == EAGAIN ? 1 : -errno;
		stream->first += (size_t)sent;
	}
	stream->first = stream->end = 0;
	return 0;
}
