package dev.holdfast.protocol.nbd;

/** The numbers of the protocol, from doc/proto.md of NetworkBlockDevice/nbd. All are sent big-endian. */
final class Numbers {
    /** Begins every handshake: "NBDMAGIC". */
    static final long HANDSHAKE_MAGIC = 0x4e42444d41474943L;
    /** Begins the newstyle handshake, and each option: "IHAVEOPT". */
    static final long OPTION_MAGIC = 0x49484156454F5054L;
    /** In the place of {@link #OPTION_MAGIC} in the oldstyle handshake. */
    static final long OLDSTYLE_MAGIC = 0x00420281861253L;

    static final long OPTION_REPLY_MAGIC = 0x0003e889045565a9L;
    static final int REQUEST_MAGIC = 0x25609513;
    static final int SIMPLE_REPLY_MAGIC = 0x67446698;
    static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

    /** Handshake flags of the server, and of the client: the same bits. */
    static final int FIXED_NEWSTYLE = 1;

    static final int NO_ZEROES = 1 << 1;
    /** What follows the reply to {@link #OPT_EXPORT_NAME} unless both sides have {@link #NO_ZEROES}. */
    static final int RESERVED_ZEROES = 124;

    static final int OPT_EXPORT_NAME = 1;
    static final int OPT_ABORT = 2;
    static final int OPT_LIST = 3;
    static final int OPT_STARTTLS = 5;
    static final int OPT_INFO = 6;
    static final int OPT_GO = 7;
    static final int OPT_STRUCTURED_REPLY = 8;
    static final int OPT_LIST_META_CONTEXT = 9;
    static final int OPT_SET_META_CONTEXT = 10;

    static final int REP_ACK = 1;
    static final int REP_SERVER = 2;
    static final int REP_INFO = 3;
    static final int REP_META_CONTEXT = 4;
    /** Set in the types of replies that are errors. */
    static final int REP_ERROR = 1 << 31;

    static final int REP_ERR_UNSUP = REP_ERROR | 1;
    static final int REP_ERR_POLICY = REP_ERROR | 2;
    static final int REP_ERR_INVALID = REP_ERROR | 3;
    static final int REP_ERR_PLATFORM = REP_ERROR | 4;
    static final int REP_ERR_TLS_REQD = REP_ERROR | 5;
    static final int REP_ERR_UNKNOWN = REP_ERROR | 6;
    static final int REP_ERR_SHUTDOWN = REP_ERROR | 7;
    static final int REP_ERR_BLOCK_SIZE_REQD = REP_ERROR | 8;
    static final int REP_ERR_TOO_BIG = REP_ERROR | 9;

    static final int INFO_EXPORT = 0;
    static final int INFO_NAME = 1;
    static final int INFO_DESCRIPTION = 2;
    static final int INFO_BLOCK_SIZE = 3;

    /** Transmission flags. */
    static final int HAS_FLAGS = 1;

    static final int READ_ONLY = 1 << 1;
    static final int SEND_FLUSH = 1 << 2;
    static final int SEND_FUA = 1 << 3;
    static final int SEND_TRIM = 1 << 5;
    static final int SEND_WRITE_ZEROES = 1 << 6;
    static final int SEND_DF = 1 << 7;
    static final int MULTI_CONN = 1 << 8;
    static final int SEND_CACHE = 1 << 10;
    static final int SEND_FAST_ZERO = 1 << 11;

    static final int CMD_READ = 0;
    static final int CMD_WRITE = 1;
    static final int CMD_DISC = 2;
    static final int CMD_FLUSH = 3;
    static final int CMD_TRIM = 4;
    static final int CMD_CACHE = 5;
    static final int CMD_WRITE_ZEROES = 6;
    static final int CMD_BLOCK_STATUS = 7;

    /** Command flags. */
    static final int FUA = 1;

    static final int NO_HOLE = 1 << 1;
    static final int DF = 1 << 2;
    static final int REQ_ONE = 1 << 3;
    static final int FAST_ZERO = 1 << 4;

    /** A flag of structured replies: the last chunk of the reply. */
    static final int DONE = 1;

    static final int CHUNK_NONE = 0;
    static final int CHUNK_DATA = 1;
    static final int CHUNK_HOLE = 2;
    static final int CHUNK_STATUS = 5;
    /** Set in the types of chunks that are errors. */
    static final int CHUNK_ERROR_BIT = 1 << 15;

    static final int CHUNK_ERROR = CHUNK_ERROR_BIT | 1;
    static final int CHUNK_ERROR_OFFSET = CHUNK_ERROR_BIT | 2;

    static final int REQUEST_BYTES = 28;
    static final int SIMPLE_REPLY_BYTES = 16;
    static final int STRUCTURED_REPLY_BYTES = 20;
    /** Names, descriptions, queries, and messages for people. */
    static final int MAX_TEXT_BYTES = 4096;

    static final long MAX_U32 = 0xFFFF_FFFFL;

    static final String BASE_ALLOCATION = "base:allocation";

    private Numbers() {}
}
