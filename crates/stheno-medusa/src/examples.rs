//! Ids as Medusa makes them, for examples: a prefix that says the kind, then a ULID.

pub(crate) const ADDRESS: &str = "addr_01H8X4Q2X454YG4GFDEXZR4YJ2";
pub(crate) const BATCH_JOB: &str = "batch_01H8X4Q2M9S346Q3D25VT4F5V3";
pub(crate) const CART: &str = "cart_01H8X4Q27E3S3E28JT97KB6CQ6";
pub(crate) const CATEGORY: &str = "pcat_01H8X4Q2GCW8T7SWM4FV4DK79Q";
pub(crate) const CLAIM: &str = "claim_01H8X4Q243DZVMXXQKFBF5KZNW";
pub(crate) const CLAIM_ITEM: &str = "citem_01H8X4Q2J47TAN9ZT24MNPZX45";
pub(crate) const CUSTOMER: &str = "cus_01H8X4Q2HY43KWJRP1XPA7Z3DJ";
pub(crate) const DRAFT_ORDER: &str = "dorder_01H8X4Q28FSSZ5AWSH8VHTPRE9";
pub(crate) const FULFILLMENT: &str = "ful_01H8X4Q2MF2KDPB0NR5YHCF05G";
pub(crate) const GIFT_CARD: &str = "gift_01H8X4Q25B9EE0ZBGJ09TQM83X";
pub(crate) const INVITE: &str = "invite_01H8X4Q2SSSS6YS3C4DWA7N360";
pub(crate) const ITEM_CHANGE: &str = "oic_01H8X4Q2WPQ5E6EYCNDY0YP57R";
pub(crate) const LINE_ITEM: &str = "item_01H8X4Q2V81E5128Q6RW31FZG0";
pub(crate) const NOTE: &str = "note_01H8X4Q296Q14DR9GPQY77ZXYY";
pub(crate) const ORDER: &str = "order_01H8X4Q2K596NGYA1DQ91K5GQA";
pub(crate) const ORDER_EDIT: &str = "oe_01H8X4Q2PENECFSECZP11HYGCP";
pub(crate) const PAYMENT: &str = "pay_01H8X4Q2CYBVN5SXS5AA819X9Y";
pub(crate) const PAYMENT_COLLECTION: &str = "paycol_01H8X4Q2P981068VCD1GDJFMGT";
pub(crate) const PAYMENT_SESSION: &str = "ps_01H8X4Q283PXT891WB09B9Y73M";
pub(crate) const PRODUCT: &str = "prod_01H8X4Q2Y63FCH26W14WMCHWYF";
pub(crate) const PUBLISHABLE_KEY: &str = "pk_01H8X4Q25Q1NXW1RNJ47E65GH2";
pub(crate) const REFUND: &str = "ref_01H8X4Q2BCKKDJWBHP1G201CYF";
pub(crate) const REGION: &str = "reg_01H8X4Q2BH8VGS9ZM5H3BV4H15";
pub(crate) const RETURN: &str = "ret_01H8X4Q2G5E4G7X0NTH82F7AG3";
pub(crate) const SALES_CHANNEL: &str = "sc_01H8X4Q2W6VZSKDENC8SP3804G";
pub(crate) const SHIPPING_METHOD: &str = "sm_01H8X4Q2C49NGK80Y3ZH6DZJJX";
pub(crate) const SHIPPING_OPTION: &str = "so_01H8X4Q2XX7CK5Y1JX4WHRDD45";
pub(crate) const SWAP: &str = "swap_01H8X4Q2VA35RJFJ2XBAHW0GQN";
pub(crate) const USER: &str = "usr_01H8X4Q259S2S1KKE59RMZ9J92";
pub(crate) const VARIANT: &str = "variant_01H8X4Q29G8XE6SZAEAVSNTCPM";

/// When the examples' entities were created, and last changed.
pub(crate) const CREATED_AT: &str = "2023-08-28T09:14:03.512Z";
pub(crate) const UPDATED_AT: &str = "2023-08-28T09:20:47.038Z";
