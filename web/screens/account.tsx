import { Page } from '../parts/page'

const Screen = () => <Page title="account">Soon</Page>
export default Screen
