"""What of the link and of the implant is both mutated and counted: what lets in, decides and keeps."""

LINK = [
    "link/wake_gate.hpp",
    "link/pattern.hpp",
    "link/cipher.hpp",
    "link/handshake.hpp",
    "link/session.hpp",
    "link/wire.hpp",
    "link/frame.hpp",
    "link/certificate.hpp",
    "link/order.hpp",
    "link/message.hpp",
    "link/firmware.hpp",
    "link/transfer.hpp",
]
IMPLANT = [
    "implant/authorisation.hpp",
    "implant/acceptance.cpp",
    "implant/offering.hpp",
    "implant/known_time.hpp",
    "implant/update.hpp",
    "implant/update_rules.hpp",
    "implant/update_rules.cpp",
    "implant/keyring.hpp",
    "implant/twin_record.hpp",
    "implant/twin_pages.cpp",
    "implant/firmware_slots.cpp",
    "implant/boot_stage.hpp",
]
