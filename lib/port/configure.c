/* SPDX-License-Identifier: BSD-3-Clause */
#include "configure.h"

#include <string.h>

#include <weir/finding.h>
#include <weir/log.h>

#define JUMBO_MTU     16000
#define RSS_KEY_BYTES 40 /* where the driver does not say: what Toeplitz needs for IPv6 */
#define RSS_KEY_MAX   128

#define RSS_ADDRESSES                                                                              \
	(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER |               \
	 RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER |               \
	 RTE_ETH_RSS_IPV6_EX)
#define RSS_PORTS (RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP)

/* See enum port_symmetry for why. */
static uint64_t choose_rss(uint64_t offered)
{
	if ((offered & RTE_ETH_RSS_IPV4) != 0 && (offered & RTE_ETH_RSS_IPV6) != 0)
		return offered & RSS_ADDRESSES;
	return offered & (RSS_ADDRESSES | RSS_PORTS);
}

/*
 * A key of one repeated 16-bit word makes Toeplitz symmetric: swapping source and destination
 * moves bits by a multiple of 16. 0x6d5a is the word that spreads well.
 */
static void make_rss_key(uint8_t *key, unsigned int length)
{
	for (unsigned int i = 0; i < length; i++)
		key[i] = i % 2 == 0 ? 0x6d : 0x5a;
}

/* What the driver counts beside the MTU in a frame, found as ethdev itself does. */
static uint32_t frame_overhead(const struct rte_eth_dev_info *info)
{
	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		return info->max_rx_pktlen - info->max_mtu;
	return RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;
}

static uint16_t longest_mtu(const struct rte_eth_dev_info *info, const struct pool_plan *plan)
{
	uint32_t overhead = frame_overhead(info);
	uint32_t mtu = RTE_MIN((uint32_t)info->max_mtu, (uint32_t)JUMBO_MTU);

	if (info->max_rx_pktlen > overhead)
		mtu = RTE_MIN(mtu, info->max_rx_pktlen - overhead);
	if ((info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) == 0 && plan->max_frame > overhead)
		mtu = RTE_MIN(mtu, plan->max_frame - overhead);
	return (uint16_t)RTE_MAX(mtu, (uint32_t)info->min_mtu);
}

uint64_t port_choose_offloads(uint64_t offered, bool timestamps)
{
	uint64_t wanted = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_SCATTER;

	if (timestamps)
		wanted |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
	return offered & wanted;
}

static void choose_configuration(const struct port *port, const struct rte_eth_dev_info *info,
				 const struct pool_plan *plan, bool timestamps, uint8_t *key,
				 struct rte_eth_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
	conf->rxmode.mtu = longest_mtu(info, plan);
	conf->rxmode.offloads = port_choose_offloads(info->rx_offload_capa, timestamps);
	conf->intr_conf.lsc = (*info->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	if (port->queues == 1 || choose_rss(info->flow_type_rss_offloads) == 0)
		return;
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = choose_rss(info->flow_type_rss_offloads);
	conf->rx_adv_conf.rss_conf.rss_key_len = RTE_MIN(
		info->hash_key_size == 0 ? RSS_KEY_BYTES : info->hash_key_size, RSS_KEY_MAX);
	conf->rx_adv_conf.rss_conf.rss_key = key;
	make_rss_key(key, conf->rx_adv_conf.rss_conf.rss_key_len);
}

/*
 * weir sends nothing, but rte_pdump refuses a port without TX queue, and some drivers want
 * them in pairs with the RX queues, known or not: one, else as many.
 */
static int configure_queues(struct port *port, const struct rte_eth_dev_info *info,
			    const struct driver_traits *traits, const struct rte_eth_conf *conf)
{
	int result;

	port->tx_queues = RTE_MIN(traits->pairs_queues ? port->queues : 1, info->max_tx_queues);
	result = rte_eth_dev_configure(port->id, port->queues, port->tx_queues, conf);
	if (result == 0 || port->queues == port->tx_queues || info->max_tx_queues < port->queues)
		return result;
	port->tx_queues = port->queues;
	return rte_eth_dev_configure(port->id, port->queues, port->tx_queues, conf);
}

int port_configure(struct port *port, const struct rte_eth_dev_info *info,
		   const struct driver_traits *traits, const struct pool_plan *plan,
		   bool timestamps, struct rte_eth_rxmode *rxmode, struct error *error)
{
	uint8_t key[RSS_KEY_MAX];
	struct rte_eth_conf conf;
	int result;

	choose_configuration(port, info, plan, timestamps, key, &conf);
	result = configure_queues(port, info, traits, &conf);
	if (result != 0 && conf.rxmode.mtu > RTE_ETHER_MTU) {
		log_debug("%s: refused an MTU of %u (%s), trying %u", port->name, conf.rxmode.mtu,
			  strerror(-result), RTE_ETHER_MTU);
		conf.rxmode.mtu = RTE_ETHER_MTU;
		result = configure_queues(port, info, traits, &conf);
	}
	if (result != 0)
		return error_set(error, -result, "%s: cannot configure %u queues: %s", port->name,
				 port->queues, strerror(-result));

	*rxmode = conf.rxmode;
	port->checksum = (conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM) != 0;
	port->scatter = (conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
	port->timestamp = (conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
	port->rss_asked = conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS && !traits->hashes_nothing;
	port->rss_functions = port->rss_asked ? conf.rx_adv_conf.rss_conf.rss_hf : 0;
	port->rss_table = info->reta_size;
	port->symmetry = port->queues == 1 ? PORT_ONE_QUEUE
			 : traits->spreads ? PORT_SPREAD_BY_INPUT
			 : port->rss_asked ? PORT_RSS_SYMMETRIC
					   : PORT_NOT_SYMMETRIC;
	if (traits->max_frame != 0)
		port->max_frame = traits->max_frame;
	else if (strcmp(port->driver, "net_af_packet") == 0)
		port->max_frame = plan->max_frame; /* the slot decides, not the MTU */
	else
		port->max_frame = conf.rxmode.mtu + frame_overhead(info) - RTE_ETHER_CRC_LEN;
	return 0;
}

/* Is the key that the driver uses one repeated 16-bit word? */
static bool key_is_symmetric(const struct rte_eth_rss_conf *rss)
{
	if (rss->rss_key_len < RSS_KEY_BYTES)
		return false;
	for (unsigned int i = 2; i < rss->rss_key_len; i++)
		if (rss->rss_key[i] != rss->rss_key[i - 2])
			return false;
	return rss->rss_key[0] != 0 || rss->rss_key[1] != 0;
}

void port_verify_symmetry(struct port *port)
{
	uint8_t key[RSS_KEY_MAX] = {0};
	struct rte_eth_rss_conf rss = {.rss_key = key, .rss_key_len = sizeof(key)};
	struct rte_eth_dev_info info;

	if (port->symmetry == PORT_RSS_SYMMETRIC) {
		if (rte_eth_dev_info_get(port->id, &info) == 0 && info.hash_key_size != 0)
			rss.rss_key_len = RTE_MIN(info.hash_key_size, RSS_KEY_MAX);
		if (rte_eth_dev_rss_hash_conf_get(port->id, &rss) == 0 && rss.rss_hf != 0 &&
		    key_is_symmetric(&rss))
			port->rss_functions = rss.rss_hf;
		else
			port->symmetry = PORT_NOT_SYMMETRIC;
	}
	if (port->symmetry == PORT_NOT_SYMMETRIC) {
		port->rss_functions = 0;
		finding_warn(
			FINDING_RSS,
			"%s: the driver %s has no symmetric RSS; the two directions of a flow "
			"may meet two workers and are merged when it has ended; --workers 1 avoids "
			"it",
			port->name, port->driver);
	} else if (port->symmetry == PORT_RSS_SYMMETRIC &&
		   (port->rss_functions & (RSS_PORTS)) != 0) {
		finding_warn(FINDING_FRAGMENTS,
			     "%s: the driver %s hashes ports; fragments of a flow may be counted "
			     "apart from its whole packets; --workers 1 avoids it",
			     port->name, port->driver);
	}
}
