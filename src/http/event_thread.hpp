#pragma once

namespace attache {

/// Prepares the calling thread for a transport's event loop: no signal is delivered to it. A write by OpenSSL to a
/// closed connection raises SIGPIPE in the writing thread, and a Ctrl-C belongs to the program's own threads.
void block_signals_in_this_thread();

}  // namespace attache
