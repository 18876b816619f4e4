import CArchive
import CISAL
import CZstd
import Crypto
