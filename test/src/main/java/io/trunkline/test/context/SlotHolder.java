package io.trunkline.test.context;

import io.trunkline.test.session.SessionSlot;

/**
 * Implemented by every proxy of a connection factory. Public, as proxies are made in the
 * package of the factory.
 */
public interface SlotHolder {

	/**
	 * Return where the factory's connections lead.
	 */
	SessionSlot trunklineSlot();

}
